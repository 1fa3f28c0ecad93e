// A disk that fails on command: the program defines the calls by which LMDB writes, ahead of libc's, and has
// the n-th one on data.mdb fail. Armed by a test, met by the plugin's writer thread.
#pragma once

namespace evloom::test {

enum class DiskCalls { kAll, kSyncs };

// From the `nth` write or sync of a file named data.mdb on (1: the next one), `count` fail with `error`.
void break_disk(int nth, int error, int count = 1, DiskCalls calls = DiskCalls::kAll);
void mend_disk();
// How many calls have failed since break_disk.
int disk_failures();

}  // namespace evloom::test
