#pragma once

namespace tollgate {

// What the calling thread is called in top, perf and debuggers. At most 15 bytes.
void name_this_thread(const char* name);

}
