#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	double sum = 0;

	for (int i = 1; i < 1000; i++)
		sum += sqrt(i);
	printf("%f\n", sum);
	return 0;
}
