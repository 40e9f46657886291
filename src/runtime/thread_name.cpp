#include <tollgate/runtime/thread_name.hpp>

#include <pthread.h>

namespace tollgate {

void name_this_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

}
