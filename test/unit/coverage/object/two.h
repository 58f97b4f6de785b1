int reached(int value);
int unlikely_one(int value);

static inline int twice(int value)
{
	return 2 * value;
}
