# The rules of docs/STYLE.md that a program can check.
exec tools/tidy
