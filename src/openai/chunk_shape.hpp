#pragma once

// The chunks of a stream differ in their texts alone. What was found out about one of them holds for the next, when
// everything but its texts is the same, line ends and field names included: text in a string can end neither the string
// nor the line, so it cannot change what stands around.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::openai {

class chunk_shape {
public:
    static constexpr std::size_t texts_max = 4;
    static constexpr std::size_t bytes_max = 4096; // of an event that is remembered, or looked at

    struct texts {
        std::array<std::string_view, texts_max> of;
        std::size_t count = 0;
        std::span<const std::string_view> all() const { return {of.data(), count}; }
        // False: there are too many.
        bool add(std::string_view text) {
            if (count == of.size()) return false;
            of[count++] = text;
            return true;
        }
    };

    // `event`: to the end of its blank line. `found`: of its data, each between its quotes, in order.
    void learn(std::string_view event, const texts& found);
    void forget() { known_ = false; }
    // When `bytes` start with an event of the shape learnt last: how many are its own; its texts go to `into`. Else 0.
    std::size_t fits(std::string_view bytes, texts& into) const;

private:
    std::string fixed_; // what stands around the texts, quotes included
    std::array<std::size_t, texts_max> ends_{};
    std::size_t count_ = 0;
    bool known_ = false;
};

}
