"""Runs a program in a pseudo-terminal.

argv: columns, the file for standard output or "" for the terminal, then the program and its arguments. What arrives on
standard input is typed into the terminal. What the program shows goes to standard output. The exit code is the program's.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

columns, stdout, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    if stdout:
        os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(columns), 0, 0))
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
sources = [terminal, 0]
while True:
    ready, _, _ = select.select(sources, [], [])
    try:
        if terminal in ready:
            shown = os.read(terminal, 65536)
            if not shown:
                break
            os.write(1, shown)
        if 0 in ready:
            typed = os.read(0, 65536)
            if typed:
                os.write(terminal, typed)
            else:
                sources.remove(0)
    except OSError:
        break
_, status = os.waitpid(pid, 0)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
