// Kernels that print; the tests hold what a C library makes of the same calls.
#include <cstdio>

extern "C" __global__ void numbers(int i, double x, long long l) {
  printf("%d|%5d|%-5d|%05d|%+d|% d|%.3d\n", i, i, i, i, i, i, i);
  printf("%u|%12u|%x|%#X|%o|%lld|%hd|%c|%%\n", i, i, i, i, i, l, i, 'A' + (i & 7));
  printf("%f|%.2f|%10.3e|%g|%G|%a|%-9.1f|\n", x, x, x, x, x * 1e10, x, x);
}

extern "C" __global__ void stars(int width, int precision, double x) {
  printf("%*d|%-*d|%.*f|%*.*f|%d\n", width, 7, width, 7, precision, x, width, precision, x, 3);
  printf("%*d|\n", -width, 7);
}

// The answer of a call is the number of its arguments.
extern "C" __global__ void answers(int* count, int n) {
  int i = threadIdx.x;
  if (i < n) count[i] = i == 0 ? printf("none\n") : printf("%s of %d, %5s\n", "one", n, "two");
}

// Strings that lie in local memory.
extern "C" __global__ void built(int first) {
  char word[4] = {(char)first, 'b', 'c', 0};
  printf("<%s> <%-6s> <%.2s>\n", word, word, word);
}
