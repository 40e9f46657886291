#pragma once

// TG_ASSERT: for bugs only, never for input or a peer's behaviour. Always on; prints and aborts.

namespace tollgate {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}

#define TG_ASSERT(expression)                                                                                          \
    (static_cast<bool>(expression) ? void(0) : ::tollgate::assertion_failed(#expression, __FILE__, __LINE__))
