#!/usr/bin/env python3
"""Records the decisions of the Python package limits 5.8.0 in palisade/tests/data/limits.json.

    python3 -m venv VENV && VENV/bin/pip install limits==5.8.0 redis
    apt-get install redis-server gcc
    VENV/bin/python scripts/limits-vectors.py

Random traces from a fixed seed. Each step has its time in milliseconds since the first, a cost, and the
result: whether it passed, the remaining quota, the time until more is available (milliseconds), and
whether another hit of the same cost would pass. The clocks of Python and of the Redis server stand
still and are moved together. No two times of a trace differ by whole seconds, because the backends of
limits disagree at exactly t + window; palisade tests that time on its own. Run by hand, when limits or
this script changes.

The fixed and the moving window are recorded from memory, all three strategies from Redis. In memory, the
sliding window of limits starts with the minute of the clock; in Redis it starts with the first hit, as in
palisade. limits reads the fixed window of Redis in whole seconds, so that time is not recorded.
"""

import json
import os
import pathlib
import random
import subprocess
import tempfile
import time

import redis
from limits import parse, storage, strategies

START = 1767225600.0
QUOTAS = ["3 per 2 second", "1/second", "5/minute", "10 per 2 minutes", "20/hour", "7/day", "100/minute"]
now = START
time.time = lambda: now

dice = random.Random(5)
folder = tempfile.TemporaryDirectory()
clock = pathlib.Path(folder.name) / "clock"


# The server calls this for the time. libfaketime does not work together with jemalloc.
SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long long milliseconds(void) {
    char text[32] = {0};
    int file = open(CLOCK, O_RDONLY);
    if (file < 0 || read(file, text, sizeof text - 1) <= 0) _exit(70);
    close(file);
    return atoll(text);
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    (void)zone;
    long long ms = milliseconds();
    at->tv_sec = ms / 1000, at->tv_usec = ms % 1000 * 1000;
    return 0;
}
int clock_gettime(clockid_t which, struct timespec *at) {
    if (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE) return syscall(SYS_clock_gettime, which, at);
    long long ms = milliseconds();
    at->tv_sec = ms / 1000, at->tv_nsec = ms % 1000 * 1000000;
    return 0;
}
time_t time(time_t *at) {
    time_t seconds = milliseconds() / 1000;
    if (at) *at = seconds;
    return seconds;
}
"""


def move(to):
    """Moves both clocks; the server reads the file at each call."""
    global now
    now = to
    fresh = clock.with_suffix(".new")
    fresh.write_text(str(round(to * 1000)))
    fresh.replace(clock)


def server():
    socket, shim = f"{folder.name}/redis.sock", f"{folder.name}/clock.so"
    compiler = ["cc", "-shared", "-fPIC", "-O1", f'-DCLOCK="{clock}"', "-x", "c", "-", "-o", shim]
    subprocess.run(compiler, input=SHIM, text=True, check=True)
    command = ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, env={**os.environ, "LD_PRELOAD": shim}, stdout=subprocess.DEVNULL)
    while not os.path.exists(socket):
        assert process.poll() is None, "redis-server has ended"
    return process, redis.Redis(unix_socket_path=socket), f"redis+unix://{socket}"


def trace(strategy, backend, text, name):
    item = parse(text)
    window, steps, at, seen = item.get_expiry(), [], 0, {0}
    for _ in range(40):
        if dice.random() > 0.4:
            longest = round(window * 1000 * dice.choice([0.05, 0.4, 1.2, 2.5])) + 2000
            step = dice.randrange(1, longest)
            while (at + step) % 1000 in seen:
                step += 1
            at += step
            seen.add(at % 1000)
        move(START + at / 1000)
        cost = dice.choice([1, 1, 1, 2, 3, item.amount, item.amount + 1])
        passes = strategy.hit(item, name, cost=cost)
        answer = {"at": at, "cost": cost, "passes": passes}
        # In Redis, reading a sliding window moves it, but a cost above the quota does not.
        if cost <= item.amount or backend == "memory":
            reset, remaining = strategy.get_window_stats(item, name)
            answer["remaining"] = max(0, remaining)
            if not (backend == "redis" and isinstance(strategy, strategies.FixedWindowRateLimiter)):
                answer["reset"] = round((reset - now) * 1000, 3)
            answer["again"] = strategy.test(item, name, cost=cost)
        steps.append(answer)
    return steps


move(START)
process, connection, uri = server()
try:
    seconds, microseconds = connection.time()
    assert (seconds, microseconds) == (round(START), 0), "the server's clock does not stand still"
    backends = {"memory": storage.MemoryStorage(), "redis": storage.storage_from_string(uri)}
    traces = []
    for name, kind in strategies.STRATEGIES.items():
        for backend, store in backends.items():
            if (name, backend) == ("sliding-window-counter", "memory"):
                continue
            for text in QUOTAS:
                for number in range(2):
                    move(START)
                    steps = trace(kind(store), backend, text, f"{text} {number}")
                    traces.append({"strategy": name, "backend": backend, "quota": text, "steps": steps})
                    store.reset()
finally:
    process.terminate()
    process.wait()

target = pathlib.Path(__file__).parent.parent / "palisade" / "tests" / "data" / "limits.json"
rows = ",\n".join(json.dumps(one, separators=(",", ":")) for one in traces)
target.write_text(f'{{"made by": "scripts/limits-vectors.py", "traces": [\n{rows}\n]}}\n')
