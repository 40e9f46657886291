#pragma once

// The memory of one exchange, used again by a later one: idle connections hold none.

#include <tollgate/upstream/answer_head.hpp>
#include <tollgate/upstream/read_buffer.hpp>

#include <boost/asio/buffer.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tollgate::upstream {

struct workspace {
    explicit workspace(read_blocks& blocks) : buffer(blocks) {}

    std::string request_head; // with the credential
    std::vector<boost::asio::const_buffer> pieces;
    read_buffer buffer;
    answer_head head;
};

// Outlives what it made.
class workspaces {
public:
    std::unique_ptr<workspace> take();
    void give(std::unique_ptr<workspace> used);

private:
    read_blocks blocks_;
    std::vector<std::unique_ptr<workspace>> spare_;
};

}
