#pragma once

// The head of a request: where it ends, and what stands in it. Pure; nothing is copied or allocated per request but
// the list of fields, which is reused. Stricter than the grammar where readers are known to differ (bare CR or LF,
// folded lines, blanks around names): a head that two servers may read differently is refused.

#include <tollgate/core/error.hpp>
#include <tollgate/core/fields.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tollgate::http {

enum class head_fault : std::uint8_t {
    none,
    // the text
    too_large,
    too_many_fields,
    line_end,
    folded_line,
    method,
    target,
    version,
    field_name,
    field_value,
    // the meaning
    host,
    transfer_encoding,
    content_length,
    both_lengths,
    repeated_field,
    expectation,
    method_not_allowed,
    upgrade,
};

error explain(head_fault why);

struct request_head {
    std::string_view method;
    std::string_view target;
    int minor = 1; // of HTTP/1.minor: 0 or 1
    std::vector<field> fields;
};

// Finds the empty line. Remembers where it stopped, so a head that drips in is read once.
class head_boundary {
public:
    enum class verdict : std::uint8_t { incomplete, complete, fault };
    // `bytes` starts at the same place each time and only grows.
    verdict look(std::string_view bytes);
    std::size_t bytes() const { return seen_; } // of the whole head, when complete

private:
    std::size_t seen_ = 0;
    std::size_t line_ = 0; // where the current line starts
};

// `text` is a whole head with its empty line. The views of `into` point into it.
head_fault parse_head(std::string_view text, request_head& into);

}
