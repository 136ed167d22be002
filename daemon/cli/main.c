#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "version") == 0) {
        puts("tidemark " TIDEMARK_VERSION);
        return 0;
    }
    fputs("usage: tidemark VERB [options]\n", stderr);
    return 64;
}
