/* Each of the tools of `make lint` has to find its bug in here. */
#include <stdlib.h>

int after_free(int n);
int asked_twice(int n);
int out_of_bounds(int n);

int after_free(int n) /* gcc: -Wanalyzer-use-after-free */
{
    int *numbers = malloc(sizeof *numbers * 4);
    if (!numbers)
        return 0;
    numbers[0] = n;
    if (n > 3)
        free(numbers);
    n += numbers[0];
    return n;
}

int asked_twice(int n) /* clang-tidy: misc-redundant-expression */
{
    return n > 3 && n > 3;
}

int out_of_bounds(int n) /* cppcheck: arrayIndexOutOfBounds */
{
    int numbers[4] = { n, n, n, n };
    return numbers[4];
}
