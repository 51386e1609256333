/*
 * Keys: _getch and _getche. The console's input comes by lines, so a key is there once its line is; keys that are no
 * characters do not exist. [doc: conio.h]
 */
#include "crt.h"

static struct {
    HANDLE Input, Output; /* opened by the first call; they stay */
} CrtConsole;

static HANDLE CrtOpenConsole(HANDLE *Handle, const char *Name, DWORD Access)
{
    if (*Handle == NULL)
        *Handle = CreateFileA(Name, Access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    return *Handle;
}

/* The next character of the console, not of standard input; EOF at its end. */
int __cdecl _getch(void)
{
    HANDLE Input = CrtOpenConsole(&CrtConsole.Input, "CONIN$", GENERIC_READ);
    unsigned char Key;
    DWORD Read;

    do /* a line ends in the key, \r, and in \n, which is none */
        if (!ReadFile(Input, &Key, 1, &Read, NULL) || Read == 0)
            return EOF;
    while (Key == '\n');
    return Key;
}

int __cdecl _getche(void)
{
    int Key = _getch();
    unsigned char Byte = (unsigned char)Key;
    DWORD Written;

    if (Key != EOF)
        WriteFile(CrtOpenConsole(&CrtConsole.Output, "CONOUT$", GENERIC_WRITE), &Byte, 1, &Written, NULL);
    return Key;
}
