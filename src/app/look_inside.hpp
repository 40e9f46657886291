#pragma once

#include "attempt.hpp"

namespace tollgate::app {

// An answer may call itself a success and be an error: a body, or the first event of a stream. Where another provider
// may be asked, its first bytes are awaited before the client sees its head; an error makes the attempt a failed one.
task<> look_inside(call& c, attempt& made);

}
