"""The system call filters, run by an interpreter of the filter language, for both machines."""

import pytest

from mammoth_eval.sandbox.jail.calls import CALLS
from mammoth_eval.sandbox.jail.seccomp import ARCH, program_filter, worker_filter

ALLOW, KILL, DONE, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050000, 0x00050001, 0x00050026
MACHINES = sorted(ARCH)


def action(instructions, number, arch, arguments=()):
    """What the kernel would answer to a call."""
    words = {0: number, 4: arch}
    for index, value in enumerate([*arguments, 0, 0, 0, 0, 0, 0][:6]):
        words[16 + 8 * index], words[20 + 8 * index] = value & 0xFFFFFFFF, value >> 32
    place = accumulator = 0
    while True:
        code, if_true, if_false, operand = instructions[place]
        place += 1
        if code == 0x20:
            accumulator = words[operand]
        elif code == 0x06:
            return operand
        else:
            held = accumulator == operand if code == 0x15 else accumulator >= operand
            place += if_true if held else if_false


def both(machine, number, *arguments, marks=True):
    """The stricter of worker's and program's filter, as the kernel combines them."""
    filters = (worker_filter(machine), program_filter(machine, marks))
    actions = [action(filter_, number, ARCH[machine], arguments) for filter_ in filters]
    return next((answer for answer in actions if answer != ALLOW), ALLOW)


def number(group, name, machine):
    return CALLS[group][name][list(ARCH).index(machine)]


@pytest.mark.parametrize("machine", MACHINES)
def test_a_program_has_only_what_is_listed_for_programs(machine):
    column = list(ARCH).index(machine)
    groups = ("files", "marks", "memory", "signals", "clocks", "self", "pipes")
    listed = {pair[column] for group in groups for pair in CALLS[group].values()} - {None}
    filtered = {pair[column] for pair in CALLS["filtered"].values()}
    for call in set(range(600)) - filtered:
        assert (both(machine, call) == ALLOW) == (call in listed), call


@pytest.mark.parametrize("machine", MACHINES)
def test_what_a_worker_needs_is_taken_from_its_programs(machine):
    for name in CALLS["worker"]:
        call = number("worker", name, machine)
        if call is not None:
            assert action(worker_filter(machine), call, ARCH[machine]) == ALLOW
            assert both(machine, call) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_modes_and_times_cannot_be_changed_where_host_files_are_in_reach(machine):
    for name in CALLS["marks"]:
        call = number("marks", name, machine)
        if call is not None:
            assert both(machine, call, marks=False) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_of_another_architecture_kill(machine):
    other = next(ARCH[name] for name in MACHINES if name != machine)
    assert action(worker_filter(machine), number("files", "read", machine), other) == KILL


def test_the_x32_entry_is_refused():
    assert both("x86_64", 0x40000000) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_clone3_answers_that_it_does_not_exist(machine):
    assert action(worker_filter(machine), 435, ARCH[machine]) == ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("fcntl", (1, 3), ALLOW),
        ("fcntl", (1, 6), DONE),
        ("fcntl", (1, 37), DONE),
        ("fcntl", (1, 8), EPERM),
        ("fcntl", (1, 10), EPERM),
        ("ioctl", (1, 0x5401), ALLOW),
        ("ioctl", (1, 0x5412), EPERM),
        ("prlimit64", (0, 9, 0, 0x7FFF00000000), ALLOW),
        ("prlimit64", (0, 9, 0x7FFF00000000, 0), EPERM),
        ("prlimit64", (0, 9, 0x1000, 0), EPERM),
        ("prlimit64", (1, 9, 0, 0x1000), EPERM),
        ("prlimit64", (1 << 32, 9, 0, 0x1000), EPERM),
    ],
)
def test_some_calls_depend_on_their_arguments(machine, name, arguments, answer):
    assert both(machine, number("filtered", name, machine), *arguments) == answer


def test_jumps_stay_inside_the_filter():
    for machine in MACHINES:
        for filter_ in (worker_filter(machine), program_filter(machine, False)):
            for place, (code, if_true, if_false, _) in enumerate(filter_):
                if code in (0x15, 0x35):
                    assert place + 1 + max(if_true, if_false) < len(filter_) and max(if_true, if_false) < 256
