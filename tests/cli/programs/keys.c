/* Prints the keys it is given until q, with their codes; then says what the end of the console's input is. */
#include <conio.h>
#include <stdio.h>

int main(void)
{
    int key;

    while ((key = _getche()) != 'q' && key != EOF)
        printf("=%d\n", key);
    printf("\nthen %d\n", _getch());
    return 0;
}
