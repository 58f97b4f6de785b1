// SPDX-License-Identifier: GPL-2.0
/*
 * wake: sets clock and random seed of a guest that was resumed from a snapshot. Its clock shows the
 * time of the snapshot, and every guest resumed from it would generate the same random numbers.
 *
 *   wake SECONDS.NANOSECONDS < SEED      time since 1970; up to 512 random bytes
 *
 * Exit: 0 done, 1 an error of the kernel, 64 usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <linux/random.h>

static int fail(const char *what)
{
	fprintf(stderr, "wake: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool parse(const char *text, struct timespec *time)
{
	char *end;
	long long seconds;
	long nanoseconds;

	errno = 0;
	seconds = strtoll(text, &end, 10);
	if (errno || end == text || *end != '.' || seconds < 0)
		return false;
	text = end + 1;
	nanoseconds = strtol(text, &end, 10);
	if (errno || end != text + 9 || *end || nanoseconds < 0)
		return false;
	time->tv_sec = seconds;
	time->tv_nsec = nanoseconds;
	return true;
}

/* RNDRESEEDCRNG: otherwise the kernel would use the new seed only seconds later. */
static int seed(void)
{
	char bytes[512];
	ssize_t got, size = 0;
	int fd, result = 0;

	do {
		got = read(STDIN_FILENO, bytes + size, sizeof(bytes) - size);
		size += got > 0 ? got : 0;
	} while (got > 0);
	if (size == 0) {
		fputs("wake: no seed\n", stderr);
		return 1;
	}
	fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail("/dev/urandom");
	if (write(fd, bytes, size) != size)
		result = fail("/dev/urandom");
	/* ENODATA: the kernel is not seeded yet; its first seed will include this one. */
	else if (ioctl(fd, RNDRESEEDCRNG) && errno != ENODATA)
		result = fail("RNDRESEEDCRNG");
	close(fd);
	return result;
}

int main(int argc, char **argv)
{
	struct timespec now;

	if (argc != 2 || !parse(argv[1], &now)) {
		fputs("usage: wake SECONDS.NANOSECONDS < SEED\n", stderr);
		return 64;
	}
	if (clock_settime(CLOCK_REALTIME, &now))
		return fail("clock_settime");
	return seed();
}
