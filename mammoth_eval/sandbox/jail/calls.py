"""Numbers of the system calls that programs or workers may use: name -> (x86-64, arm64), None where there is none.

Sources: the kernel's own tables, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
Every call that is not here fails with EPERM, so a call that the kernel gains later is refused until it is listed.
"""

from __future__ import annotations

CALLS: dict[str, dict[str, tuple[int | None, int | None]]] = {
    "files": {
        "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
        "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70), "open": (2, None), "openat": (257, 56),
        "openat2": (437, 437), "close": (3, 57), "close_range": (436, 436), "lseek": (8, 62), "stat": (4, None),
        "fstat": (5, 80), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None),
        "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78),
        "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50), "getdents": (78, None), "getdents64": (217, 61),
        "statfs": (137, 43), "fstatfs": (138, 44), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
        "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
        "renameat2": (316, 276), "symlink": (88, None), "symlinkat": (266, 36), "link": (86, None), "linkat": (265, 37),
        "truncate": (76, 45), "ftruncate": (77, 46), "fallocate": (285, 47), "fsync": (74, 82), "fdatasync": (75, 83),
        "umask": (95, 166), "getxattr": (191, 8), "lgetxattr": (192, 9), "fgetxattr": (193, 10), "listxattr": (194, 11),
        "llistxattr": (195, 12), "flistxattr": (196, 13), "sendfile": (40, 71), "copy_file_range": (326, 285),
        "fadvise64": (221, 223),
    },
    "marks": {
        "fchmod": (91, 52), "chmod": (90, None), "fchmodat": (268, 53), "fchmodat2": (452, 452), "utimensat": (280, 88),
        "utime": (132, None), "utimes": (235, None), "futimesat": (261, None),
    },
    "memory": {
        "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "madvise": (28, 233),
        "msync": (26, 227), "mincore": (27, 232), "brk": (12, 214), "membarrier": (324, 283),
    },
    "signals": {
        "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136),
        "rt_sigtimedwait": (128, 137), "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132), "pause": (34, None),
        "alarm": (37, None), "setitimer": (38, 103), "getitimer": (36, 102), "restart_syscall": (219, 128),
        "timer_create": (222, 107), "timer_settime": (223, 110), "timer_gettime": (224, 108),
        "timer_delete": (226, 111), "timer_getoverrun": (225, 109),
    },
    "clocks": {
        "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
        "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    },
    "self": {
        "getrusage": (98, 165), "sysinfo": (99, 179), "uname": (63, 160), "getcpu": (309, 168), "getpid": (39, 172),
        "getppid": (110, 173), "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
        "getegid": (108, 177), "getgroups": (115, 158), "getresuid": (118, 148), "getresgid": (120, 150),
        "getpgrp": (111, None), "getpgid": (121, 155), "getsid": (124, 156), "getpriority": (140, 141),
        "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121),
        "sched_getscheduler": (145, 120), "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126),
        "futex": (202, 98), "set_robust_list": (273, 99), "get_robust_list": (274, 100), "rseq": (334, 293),
        "set_tid_address": (218, 96), "getrandom": (318, 278), "getrlimit": (97, 163), "exit": (60, 93),
        "exit_group": (231, 94), "wait4": (61, 260), "waitid": (247, 95),
    },
    "pipes": {
        "pipe": (22, None), "pipe2": (293, 59), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
        "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72), "epoll_create": (213, None),
        "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None), "epoll_pwait": (281, 22),
        "eventfd": (284, None), "eventfd2": (290, 19),
    },
    "filtered": {
        "ioctl": (16, 29), "fcntl": (72, 25), "prlimit64": (302, 261),
    },
    "worker": {
        "clone": (56, 220), "fork": (57, None), "vfork": (58, None), "kill": (62, 129), "pidfd_open": (434, 434),
        "prctl": (157, 167), "seccomp": (317, 277), "setresuid": (117, 147), "setresgid": (119, 149),
        "setgroups": (116, 159), "capset": (126, 91), "setsid": (112, 157), "setrlimit": (160, 164),
        "sendmsg": (46, 211), "recvmsg": (47, 212), "recvfrom": (45, 207), "sendto": (44, 206),
    },
    "absent": {
        "clone3": (435, 435),
    },
}  # fmt: skip
"""``marks`` change modes and times, which Landlock does not govern; ``filtered`` are allowed for some arguments.

``worker`` is what a worker needs beyond its programs; ``absent`` answer ENOSYS, so that libc takes the older call.
"""
