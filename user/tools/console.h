/* Output of text that may hold any characters: the C runtime's printf fails for those that its
 * locale "C" has not. */
#pragma once

#include <stdio.h>
#include <wchar.h>

/*
 * Prints to stdout in the console's code page [doc: GetConsoleOutputCP]. Returns the count of
 * characters, or less than 0. The stream stays in text mode: \n becomes \r\n.
 */
int ConsolePrint(const WCHAR *Format, ...);
int ConsolePrintTo(FILE *Stream, const WCHAR *Format, ...); /* the same, to stdout or stderr */
