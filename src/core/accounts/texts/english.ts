/**
 * The texts of the account pages and their mails in English. Where Django has a text, it is Django's.
 *
 * - `{name}` is replaced by a value.
 * - `….one` is used instead if the number in the text is 1.
 * - `rule.<code>` says what a password needs so that it does not have the problem with this code.
 * - `problem.<code>` is the text of a problem, `problem.<code>.<field>` that of a problem of one field.
 * - `term.<word>` is how a value that names a field appears in a text.
 */
export const english = {
  direction: "ltr",
  "document.title": "{page} | {site}",
  "document.titleWithProblems": "Error: {page} | {site}",
  "document.account": "Your account",
  "document.loggedInAs": "You are logged in as {username}.",
  "problems.title": "Please correct the errors below.",
  "problems.title.one": "Please correct the error below.",
  "problems.prefix": "Error:",
  "problems.item": "{field}: {problem}",

  "field.username": "Username",
  "field.email": "Email address",
  "field.password": "Password",
  "field.password1": "Password",
  "field.password2": "Password confirmation",
  "field.old_password": "Old password",
  "field.new_password1": "New password",
  "field.new_password2": "New password confirmation",
  "field.remember": "Stay logged in",
  "field.session": "Session",
  "field.optional": "{field} (optional)",

  "link.login": "Log in",
  "link.loginAgain": "Log in again",
  "link.logout": "Log out",
  "link.signUp": "Sign up",
  "link.passwordReset": "Forgotten your password?",
  "link.passwordResetAgain": "Request a new link",
  "link.passwordChange": "Change password",
  "link.emailChange": "Change email address",
  "link.sessions": "Your sessions",
  "link.deactivate": "Deactivate account",
  "link.delete": "Delete account",
  "link.again": "Open the page again",

  "login.title": "Log in",
  "login.button": "Log in",
  "loggedOut.title": "Logged out",
  "loggedOut.text": "You are logged out.",
  "signUp.title": "Sign up",
  "signUp.button": "Sign up",
  "signUpDone.title": "Check your email",
  "signUpDone.text": "We’ve emailed you a link. Open it to finish signing up. You should receive it shortly.",
  "signUpDone.textFor":
    "We’ve emailed a link to {address}. Open it to finish signing up. You should receive it shortly.",
  "signUpDone.hint":
    "If you don’t receive an email, please make sure you’ve entered your address correctly, and check your spam folder.",
  "verify.title": "Confirm your email address",
  "verify.text": "Enter the password that you chose when you signed up.",
  "verify.button": "Confirm and log in",
  "verifyInvalid.title": "Confirmation unsuccessful",
  "verifyInvalid.text":
    "The confirmation link was invalid, possibly because it has already been used. Please log in, or sign up again.",
  "passwordChange.title": "Password change",
  "passwordChange.text":
    "Please enter your old password, for security’s sake, and then enter your new password twice so we can verify you typed it in correctly.",
  "passwordChange.button": "Change my password",
  "passwordChangeDone.title": "Password change successful",
  "passwordChangeDone.text": "Your password was changed.",
  "passwordReset.title": "Password reset",
  "passwordReset.text":
    "Forgotten your password? Enter your email address below, and we’ll email instructions for setting a new one.",
  "passwordReset.button": "Reset my password",
  "passwordResetDone.title": "Password reset sent",
  "passwordResetDone.text":
    "We’ve emailed you instructions for setting your password, if an account exists with the email you entered. You should receive them shortly.",
  "passwordResetDone.hint":
    "If you don’t receive an email, please make sure you’ve entered the address you registered with, and check your spam folder.",
  "passwordResetConfirm.title": "Enter new password",
  "passwordResetConfirm.text": "Please enter your new password twice so we can verify you typed it in correctly.",
  "passwordResetConfirm.button": "Change my password",
  "passwordResetInvalid.title": "Password reset unsuccessful",
  "passwordResetInvalid.text":
    "The password reset link was invalid, possibly because it has already been used. Please request a new password reset.",
  "passwordResetComplete.title": "Password reset complete",
  "passwordResetComplete.text": "Your password has been set. You may go ahead and log in now.",
  "noPassword.title": "Your account has no password",
  "noPassword.text": "You log in another way. So you cannot use this page, which asks for your password.",
  "emailChange.title": "Change email address",
  "emailChange.text": "Enter your new email address and your password. We’ll email a link to the new address.",
  "emailChange.button": "Send the link",
  "emailChangeDone.title": "Check your email",
  "emailChangeDone.text": "We’ve emailed a link to the new address. Open it to confirm the change.",
  "emailChangeDone.textFor": "We’ve emailed a link to {address}. Open it to confirm the change.",
  "emailChangeDone.hint":
    "If you don’t receive an email, please make sure you’ve entered the address correctly, and check your spam folder.",
  "emailConfirm.title": "Confirm your email address",
  "emailConfirm.text": "Use the new address for your account?",
  "emailConfirm.textFor": "Use {address} for your account?",
  "emailConfirm.button": "Use this address",
  "emailConfirmInvalid.title": "Email address not changed",
  "emailConfirmInvalid.text":
    "The confirmation link was invalid, possibly because it has already been used. Please change the address again.",
  "emailConfirmComplete.title": "Email address changed",
  "emailConfirmComplete.text": "Your email address was changed.",
  "sessions.title": "Your sessions",
  "sessions.text":
    "These browsers are logged in to your account. If you don’t recognise one, end it and change your password.",
  "sessions.current": "This browser",
  "sessions.unknownBrowser": "Unknown browser",
  "sessions.loggedIn": "Logged in",
  "sessions.lastSeen": "Last seen",
  "sessions.address": "IP address",
  "sessions.device": "Device",
  "sessions.bound": "The session works only on its device.",
  "sessions.notBound": "The session is not bound to a device.",
  "sessions.end": "End session",
  "sessions.endNamed": "End session: {browser}",
  "sessions.endOthers": "End all other sessions",
  "sessions.none": "No other browser is logged in.",
  "reauthenticate.title": "Confirm it’s you",
  "reauthenticate.text": "Before you continue, please enter your password again.",
  "reauthenticate.button": "Continue",
  "deactivate.title": "Deactivate account",
  "deactivate.text": "You will be logged out everywhere and cannot log in again. To confirm, enter your password.",
  "deactivate.button": "Deactivate my account",
  "deactivated.title": "Account deactivated",
  "deactivated.text": "Your account was deactivated.",
  "delete.title": "Delete account",
  "delete.text": "Your account and its data will be deleted. This cannot be undone. To confirm, enter your password.",
  "delete.button": "Delete my account",
  "deleted.title": "Account deleted",
  "deleted.text": "Your account was deleted.",
  "formOutOfDate.title": "This form is out of date",
  "formOutOfDate.text": "Nothing was changed. Open the page again, and send the form once more.",
  "formOutOfDate.hint": "If this happens again, allow cookies for this site in your browser.",
  "notFound.title": "Page not found",
  "notFound.text": "There is no page at this address.",
  "refused.title": "Your request was refused",
  "refused.text": "Go back, and try again.",
  "unavailable.title": "Please try again in a moment",
  "unavailable.text": "The site cannot answer right now.",
  "failed.title": "Something went wrong",
  "failed.text": "The site has made a mistake. Please try again later.",

  "problem.required": "This field is required.",
  "problem.not_text": "Enter a text.",
  "problem.invalid.email": "Enter a valid email address.",
  "problem.invalid.username":
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
  "problem.unique.username": "A user with that username already exists.",
  "problem.unique.email": "A user with that email address already exists.",
  "problem.max_length": "Ensure this value has at most {limit_value} characters (it has {show_value}).",
  "problem.null_characters_not_allowed": "Null characters are not allowed.",
  "problem.surrogate_characters_not_allowed": "Surrogate characters are not allowed.",
  "problem.invalid_login":
    "Please enter a correct {username} and password. Note that both fields may be case-sensitive.",
  "problem.inactive": "This account is inactive.",
  "problem.referenced": "This account cannot be deleted, because other records refer to it.",
  "problem.password_mismatch": "The two password fields didn’t match.",
  "problem.password_incorrect.old_password": "Your old password was entered incorrectly. Please enter it again.",
  "problem.password_incorrect.password": "Your password was entered incorrectly. Please enter it again.",
  "problem.password_not_storable": "This password is too long to be stored.",
  "problem.password_not_text": "This password is not a text.",
  "problem.password_too_long": "This password is too long. It must contain at most {max_bytes} bytes.",
  "problem.password_not_unicode": "This password contains characters that cannot be stored.",
  "problem.password_too_short": "This password is too short. It must contain at least {min_length} characters.",
  "problem.password_too_short.one": "This password is too short. It must contain at least {min_length} character.",
  "problem.password_too_similar": "The password is too similar to the {verbose_name}.",
  "problem.password_too_common": "This password is too common.",
  "problem.password_entirely_numeric": "This password is entirely numeric.",

  "rule.password_too_short": "Your password must contain at least {min_length} characters.",
  "rule.password_too_short.one": "Your password must contain at least {min_length} character.",
  "rule.password_too_similar": "Your password can’t be too similar to your other personal information.",
  "rule.password_too_common": "Your password can’t be a commonly used password.",
  "rule.password_entirely_numeric": "Your password can’t be entirely numeric.",
  "term.username": "username",
  "term.email address": "email address",
  "term.first name": "first name",
  "term.last name": "last name",

  "mail.passwordReset.subject": "Password reset on {site}",
  "mail.passwordReset.text": `You're receiving this email because you requested a password reset for your user account at {site}.

Please go to the following page and choose a new password:

{link}

Your username, in case you’ve forgotten: {username}

Thanks for using our site!

The {site} team
`,
  "mail.verifyEmail.subject": "Confirm your email address on {site}",
  "mail.verifyEmail.text": `You're receiving this email because this address was used to sign up at {site}.

To confirm that it is yours, go to the following page and enter the password that you chose:

{link}

If you did not sign up, ignore this email: without this link the account cannot be used.

The {site} team
`,
  "mail.signUpTaken.subject": "You already have an account on {site}",
  "mail.signUpTaken.text": `You're receiving this email because this address was used to sign up at {site}, but you already have an account there.

Your username, in case you’ve forgotten: {username}

If you have forgotten your password, you can choose a new one here:

{link}

If you did not sign up, ignore this email: nothing was changed.

The {site} team
`,
  "mail.confirmEmail.subject": "Confirm your new email address on {site}",
  "mail.confirmEmail.text": `You're receiving this email because this address was entered as the new address of an account at {site}.

To confirm the change, go to the following page:

{link}

If you did not change your address, ignore this email: nothing was changed.

The {site} team
`,
  "mail.emailTaken.subject": "This email address is in use on {site}",
  "mail.emailTaken.text": `You're receiving this email because this address was entered as the new address of another account at {site}, but it already belongs to yours.

Your username: {username}

If this was you, log in to this account, or choose another address. If it was not, ignore this email: nothing was changed.

The {site} team
`,
  "mail.emailChanged.subject": "Your email address on {site} was changed",
  "mail.emailChanged.text": `You're receiving this email because the address of your account at {site} was changed to {address}. Emails will no longer be sent to this address.

Your username: {username}

If you did not do this, please contact us.

The {site} team
`
} as const
