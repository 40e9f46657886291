#include <tollgate/cli/progress.hpp>

#include <algorithm>

namespace tollgate::cli {

namespace {

constexpr std::size_t bar_width = 30;

std::string bar(std::size_t done, std::size_t total) {
    const std::size_t part = std::min(done, total);
    const std::size_t full = part * bar_width / total;
    return "[" + std::string(full, '#') + std::string(bar_width - full, '.') + "] " +
           std::to_string(part * 100 / total) + " %";
}

}

progress::~progress() {
    if (!line_.empty()) out_ << '\r' << std::string(line_.size(), ' ') << '\r' << std::flush;
}

void progress::at(std::size_t done, std::size_t total) {
    if (!shown_) return;
    std::string line = what_ + " " + (total == 0 ? std::to_string(done) : bar(done, total));
    if (line == line_) return;
    // A shorter line leaves the end of the longer one behind.
    const std::size_t rest = line_.size() > line.size() ? line_.size() - line.size() : 0;
    out_ << '\r' << line << std::string(rest, ' ') << std::flush;
    line_ = std::move(line);
}

}
