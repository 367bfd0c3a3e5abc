import type { Messages } from "./messages.ts"

/** The texts of the account pages and their mails in German. */
export const german: Messages = {
  direction: "ltr",
  "document.title": "{page} | {site}",
  "document.titleWithProblems": "Fehler: {page} | {site}",
  "document.account": "Ihr Konto",
  "document.loggedInAs": "Sie sind als {username} angemeldet.",
  "problems.title": "Bitte korrigieren Sie die folgenden Fehler.",
  "problems.title.one": "Bitte korrigieren Sie den folgenden Fehler.",
  "problems.prefix": "Fehler:",
  "problems.item": "{field}: {problem}",

  "field.username": "Benutzername",
  "field.email": "E-Mail-Adresse",
  "field.password": "Passwort",
  "field.password1": "Passwort",
  "field.password2": "Passwort wiederholen",
  "field.old_password": "Altes Passwort",
  "field.new_password1": "Neues Passwort",
  "field.new_password2": "Neues Passwort wiederholen",
  "field.remember": "Angemeldet bleiben",
  "field.session": "Sitzung",
  "field.optional": "{field} (freiwillig)",

  "link.login": "Anmelden",
  "link.loginAgain": "Wieder anmelden",
  "link.logout": "Abmelden",
  "link.signUp": "Registrieren",
  "link.passwordReset": "Passwort vergessen?",
  "link.passwordResetAgain": "Neuen Link anfordern",
  "link.passwordChange": "Passwort ändern",
  "link.emailChange": "E-Mail-Adresse ändern",
  "link.sessions": "Ihre Sitzungen",
  "link.deactivate": "Konto stilllegen",
  "link.delete": "Konto löschen",
  "link.again": "Seite neu öffnen",

  "login.title": "Anmelden",
  "login.button": "Anmelden",
  "loggedOut.title": "Abgemeldet",
  "loggedOut.text": "Sie sind abgemeldet.",
  "signUp.title": "Registrieren",
  "signUp.button": "Registrieren",
  "signUpDone.title": "Sehen Sie in Ihr Postfach",
  "signUpDone.text":
    "Wir haben Ihnen einen Link geschickt. Öffnen Sie ihn, um die Registrierung abzuschließen. Die E-Mail sollte bald ankommen.",
  "signUpDone.textFor":
    "Wir haben einen Link an {address} geschickt. Öffnen Sie ihn, um die Registrierung abzuschließen. Die E-Mail sollte bald ankommen.",
  "signUpDone.hint":
    "Wenn keine E-Mail ankommt, prüfen Sie bitte, ob die Adresse richtig war, und sehen Sie im Spam-Ordner nach.",
  "verify.title": "E-Mail-Adresse bestätigen",
  "verify.text": "Geben Sie das Passwort ein, das Sie bei der Registrierung gewählt haben.",
  "verify.button": "Bestätigen und anmelden",
  "verifyInvalid.title": "Adresse nicht bestätigt",
  "verifyInvalid.text":
    "Der Link war ungültig, vielleicht weil er schon benutzt wurde. Bitte melden Sie sich an, oder registrieren Sie sich noch einmal.",
  "passwordChange.title": "Passwort ändern",
  "passwordChange.text":
    "Geben Sie zur Sicherheit Ihr altes Passwort ein, und dann zweimal das neue, damit Tippfehler auffallen.",
  "passwordChange.button": "Passwort ändern",
  "passwordChangeDone.title": "Passwort geändert",
  "passwordChangeDone.text": "Ihr Passwort wurde geändert.",
  "passwordReset.title": "Passwort zurücksetzen",
  "passwordReset.text":
    "Passwort vergessen? Geben Sie Ihre E-Mail-Adresse ein. Wir schicken Ihnen einen Link, mit dem Sie ein neues wählen können.",
  "passwordReset.button": "Passwort zurücksetzen",
  "passwordResetDone.title": "Sehen Sie in Ihr Postfach",
  "passwordResetDone.text":
    "Wenn es zu der eingegebenen Adresse ein Konto gibt, haben wir einen Link geschickt, mit dem Sie ein neues Passwort wählen können. Die E-Mail sollte bald ankommen.",
  "passwordResetDone.hint":
    "Wenn keine E-Mail ankommt, prüfen Sie bitte, ob Sie mit dieser Adresse registriert sind, und sehen Sie im Spam-Ordner nach.",
  "passwordResetConfirm.title": "Neues Passwort wählen",
  "passwordResetConfirm.text": "Geben Sie das neue Passwort zweimal ein, damit Tippfehler auffallen.",
  "passwordResetConfirm.button": "Passwort ändern",
  "passwordResetInvalid.title": "Passwort nicht zurückgesetzt",
  "passwordResetInvalid.text":
    "Der Link war ungültig, vielleicht weil er schon benutzt wurde. Bitte fordern Sie einen neuen an.",
  "passwordResetComplete.title": "Passwort zurückgesetzt",
  "passwordResetComplete.text": "Ihr neues Passwort ist gespeichert. Sie können sich jetzt anmelden.",
  "noPassword.title": "Ihr Konto hat kein Passwort",
  "noPassword.text":
    "Sie melden sich auf eine andere Weise an. Deshalb können Sie diese Seite, die nach Ihrem Passwort fragt, nicht benutzen.",
  "emailChange.title": "E-Mail-Adresse ändern",
  "emailChange.text":
    "Geben Sie die neue E-Mail-Adresse und Ihr Passwort ein. Wir schicken einen Link an die neue Adresse.",
  "emailChange.button": "Link schicken",
  "emailChangeDone.title": "Sehen Sie in Ihr Postfach",
  "emailChangeDone.text":
    "Wir haben einen Link an die neue Adresse geschickt. Öffnen Sie ihn, um die Änderung zu bestätigen.",
  "emailChangeDone.textFor":
    "Wir haben einen Link an {address} geschickt. Öffnen Sie ihn, um die Änderung zu bestätigen.",
  "emailChangeDone.hint":
    "Wenn keine E-Mail ankommt, prüfen Sie bitte, ob die Adresse richtig war, und sehen Sie im Spam-Ordner nach.",
  "emailConfirm.title": "E-Mail-Adresse bestätigen",
  "emailConfirm.text": "Möchten Sie die neue Adresse für Ihr Konto verwenden?",
  "emailConfirm.textFor": "Möchten Sie {address} für Ihr Konto verwenden?",
  "emailConfirm.button": "Diese Adresse verwenden",
  "emailConfirmInvalid.title": "E-Mail-Adresse nicht geändert",
  "emailConfirmInvalid.text":
    "Der Link war ungültig, vielleicht weil er schon benutzt wurde. Bitte ändern Sie die Adresse noch einmal.",
  "emailConfirmComplete.title": "E-Mail-Adresse geändert",
  "emailConfirmComplete.text": "Ihre E-Mail-Adresse wurde geändert.",
  "sessions.title": "Ihre Sitzungen",
  "sessions.text":
    "Diese Browser sind mit Ihrem Konto angemeldet. Wenn Sie einen nicht kennen, beenden Sie die Sitzung und ändern Sie Ihr Passwort.",
  "sessions.current": "Dieser Browser",
  "sessions.unknownBrowser": "Unbekannter Browser",
  "sessions.loggedIn": "Angemeldet",
  "sessions.lastSeen": "Zuletzt aktiv",
  "sessions.address": "IP-Adresse",
  "sessions.device": "Gerät",
  "sessions.bound": "Die Sitzung funktioniert nur auf ihrem Gerät.",
  "sessions.notBound": "Die Sitzung ist nicht an ein Gerät gebunden.",
  "sessions.end": "Sitzung beenden",
  "sessions.endNamed": "Sitzung beenden: {browser}",
  "sessions.endOthers": "Alle anderen Sitzungen beenden",
  "sessions.none": "Kein anderer Browser ist angemeldet.",
  "reauthenticate.title": "Bitte bestätigen Sie, dass Sie es sind",
  "reauthenticate.text": "Bevor es weitergeht, geben Sie bitte noch einmal Ihr Passwort ein.",
  "reauthenticate.button": "Weiter",
  "deactivate.title": "Konto stilllegen",
  "deactivate.text":
    "Sie werden überall abgemeldet und können sich nicht mehr anmelden. Geben Sie zur Bestätigung Ihr Passwort ein.",
  "deactivate.button": "Mein Konto stilllegen",
  "deactivated.title": "Konto stillgelegt",
  "deactivated.text": "Ihr Konto wurde stillgelegt.",
  "delete.title": "Konto löschen",
  "delete.text":
    "Ihr Konto und seine Daten werden gelöscht. Das lässt sich nicht rückgängig machen. Geben Sie zur Bestätigung Ihr Passwort ein.",
  "delete.button": "Mein Konto löschen",
  "deleted.title": "Konto gelöscht",
  "deleted.text": "Ihr Konto wurde gelöscht.",
  "formOutOfDate.title": "Dieses Formular ist veraltet",
  "formOutOfDate.text":
    "Es wurde nichts geändert. Öffnen Sie die Seite neu und senden Sie das Formular noch einmal ab.",
  "formOutOfDate.hint": "Wenn das wieder geschieht, erlauben Sie Ihrem Browser Cookies für diese Website.",
  "notFound.title": "Seite nicht gefunden",
  "notFound.text": "Unter dieser Adresse gibt es keine Seite.",
  "refused.title": "Ihre Anfrage wurde abgelehnt",
  "refused.text": "Gehen Sie zurück und versuchen Sie es noch einmal.",
  "unavailable.title": "Bitte versuchen Sie es gleich noch einmal",
  "unavailable.text": "Die Website kann gerade nicht antworten.",
  "failed.title": "Etwas ist schiefgegangen",
  "failed.text": "Auf der Website ist ein Fehler aufgetreten. Bitte versuchen Sie es später noch einmal.",

  "problem.required": "Dieses Feld wird benötigt.",
  "problem.not_text": "Geben Sie einen Text ein.",
  "problem.invalid.email": "Geben Sie eine gültige E-Mail-Adresse ein.",
  "problem.invalid.username":
    "Geben Sie einen gültigen Benutzernamen ein. Erlaubt sind nur Buchstaben, Ziffern und die Zeichen @/./+/-/_.",
  "problem.unique.username": "Diesen Benutzernamen gibt es schon.",
  "problem.unique.email": "Ein Konto mit dieser E-Mail-Adresse gibt es schon.",
  "problem.max_length": "Erlaubt sind höchstens {limit_value} Zeichen (es sind {show_value}).",
  "problem.null_characters_not_allowed": "Nullzeichen sind nicht erlaubt.",
  "problem.surrogate_characters_not_allowed": "Surrogat-Zeichen sind nicht erlaubt.",
  "problem.invalid_login":
    "{username} oder Passwort ist falsch. Groß- und Kleinschreibung kann in beiden Feldern einen Unterschied machen.",
  "problem.inactive": "Dieses Konto ist nicht aktiv.",
  "problem.referenced": "Dieses Konto kann nicht gelöscht werden, weil andere Daten darauf verweisen.",
  "problem.password_mismatch": "Die beiden Passwörter sind nicht gleich.",
  "problem.password_incorrect.old_password": "Das alte Passwort war falsch. Bitte geben Sie es noch einmal ein.",
  "problem.password_incorrect.password": "Das Passwort war falsch. Bitte geben Sie es noch einmal ein.",
  "problem.password_not_storable": "Dieses Passwort ist zu lang, um gespeichert zu werden.",
  "problem.password_not_text": "Dieses Passwort ist kein Text.",
  "problem.password_too_long": "Dieses Passwort ist zu lang. Es darf höchstens {max_bytes} Bytes haben.",
  "problem.password_not_unicode": "Dieses Passwort enthält Zeichen, die sich nicht speichern lassen.",
  "problem.password_too_short": "Dieses Passwort ist zu kurz. Es muss mindestens {min_length} Zeichen haben.",
  "problem.password_too_short.one": "Dieses Passwort ist zu kurz. Es muss mindestens {min_length} Zeichen haben.",
  "problem.password_too_similar": "Dieses Passwort ist einem Ihrer Werte zu ähnlich: {verbose_name}.",
  "problem.password_too_common": "Dieses Passwort ist zu häufig.",
  "problem.password_entirely_numeric": "Dieses Passwort besteht nur aus Ziffern.",

  "rule.password_too_short": "Das Passwort muss mindestens {min_length} Zeichen haben.",
  "rule.password_too_short.one": "Das Passwort muss mindestens {min_length} Zeichen haben.",
  "rule.password_too_similar": "Das Passwort darf Ihren anderen Angaben nicht zu ähnlich sein.",
  "rule.password_too_common": "Das Passwort darf kein häufiges Passwort sein.",
  "rule.password_entirely_numeric": "Das Passwort darf nicht nur aus Ziffern bestehen.",
  "term.username": "Benutzername",
  "term.email address": "E-Mail-Adresse",
  "term.first name": "Vorname",
  "term.last name": "Nachname",

  "mail.passwordReset.subject": "Passwort zurücksetzen auf {site}",
  "mail.passwordReset.text": `Sie erhalten diese E-Mail, weil Sie auf {site} ein neues Passwort für Ihr Konto angefordert haben.

Öffnen Sie die folgende Seite, und wählen Sie ein neues Passwort:

{link}

Ihr Benutzername, falls Sie ihn vergessen haben: {username}

{site}
`,
  "mail.verifyEmail.subject": "Bestätigen Sie Ihre E-Mail-Adresse auf {site}",
  "mail.verifyEmail.text": `Sie erhalten diese E-Mail, weil diese Adresse für eine Registrierung auf {site} verwendet wurde.

Um zu bestätigen, dass sie Ihnen gehört, öffnen Sie die folgende Seite, und geben Sie das Passwort ein, das Sie gewählt haben:

{link}

Wenn Sie sich nicht registriert haben, ignorieren Sie diese E-Mail: Ohne diesen Link kann das Konto nicht benutzt werden.

{site}
`,
  "mail.signUpTaken.subject": "Sie haben schon ein Konto auf {site}",
  "mail.signUpTaken.text": `Sie erhalten diese E-Mail, weil diese Adresse für eine Registrierung auf {site} verwendet wurde. Sie haben dort aber schon ein Konto.

Ihr Benutzername, falls Sie ihn vergessen haben: {username}

Wenn Sie Ihr Passwort vergessen haben, können Sie hier ein neues wählen:

{link}

Wenn Sie sich nicht registriert haben, ignorieren Sie diese E-Mail: Es wurde nichts geändert.

{site}
`,
  "mail.confirmEmail.subject": "Bestätigen Sie Ihre neue E-Mail-Adresse auf {site}",
  "mail.confirmEmail.text": `Sie erhalten diese E-Mail, weil diese Adresse als neue Adresse eines Kontos auf {site} eingegeben wurde.

Um die Änderung zu bestätigen, öffnen Sie die folgende Seite:

{link}

Wenn Sie Ihre Adresse nicht geändert haben, ignorieren Sie diese E-Mail: Es wurde nichts geändert.

{site}
`,
  "mail.emailTaken.subject": "Diese E-Mail-Adresse wird auf {site} schon verwendet",
  "mail.emailTaken.text": `Sie erhalten diese E-Mail, weil diese Adresse als neue Adresse eines anderen Kontos auf {site} eingegeben wurde. Sie gehört aber schon zu Ihrem.

Ihr Benutzername: {username}

Wenn Sie das waren, melden Sie sich mit diesem Konto an, oder wählen Sie eine andere Adresse. Sonst ignorieren Sie diese E-Mail: Es wurde nichts geändert.

{site}
`,
  "mail.emailChanged.subject": "Ihre E-Mail-Adresse auf {site} wurde geändert",
  "mail.emailChanged.text": `Sie erhalten diese E-Mail, weil die Adresse Ihres Kontos auf {site} in {address} geändert wurde. An diese Adresse gehen keine E-Mails mehr.

Ihr Benutzername: {username}

Wenn Sie das nicht waren, melden Sie sich bitte bei uns.

{site}
`
}
