"""Step: run a program and say what it took. A process as small as this is the floor of the peak that is measured."""

import os
import sys
import time

log, *command = sys.argv[1:]
begin = time.perf_counter()
child = os.fork()
if child == 0:
    into = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(into, 1)
    os.dup2(into, 2)
    os.execvp(command[0], command)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - begin
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
sys.exit(status != 0)
