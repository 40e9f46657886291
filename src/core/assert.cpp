#include <tollgate/core/assert.hpp>

#include <cstdio>
#include <cstdlib>

namespace tollgate {

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "tollgate: bug: %s does not hold at %s:%d\n", expression, file, line);
    std::abort();
}

}
