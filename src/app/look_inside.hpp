#pragma once

#include "attempt.hpp"

namespace tollgate::app {

// An answer may call itself a success and be an error: a body, or the first event of a stream. Or it ends before it has
// said anything. Where another provider may be asked, its first bytes, of a stream its first event, are awaited before
// the client sees its head; an error or silence makes the attempt a failed one.
task<> look_inside(call& c, attempt& made);

}
