"""Runs a command as the user `nobody`, who may still go where root may: PostgreSQL refuses to run as root.

Linux only. Of root's rights CAP_DAC_OVERRIDE alone is kept, so that a checkout below a private folder works.
"""

import ctypes
import os
import pwd
import sys

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Data(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def become_nobody():
    libc = ctypes.CDLL(None, use_errno=True)

    def checked(answer):
        if answer != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    nobody = pwd.getpwnam("nobody")
    checked(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
    os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
    bit = 1 << _CAP_DAC_OVERRIDE
    data = (_Data * 2)()
    data[0] = _Data(bit, bit, bit)
    checked(libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), data))
    checked(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


if __name__ == "__main__":
    become_nobody()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the command is ours
