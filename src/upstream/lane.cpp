#include <tollgate/upstream/lane.hpp>

#include <tollgate/core/limits.hpp>

namespace tollgate::upstream {

lane::lane(const provider& to, std::uint32_t keep_idle_ms)
    : name_(to.name), host_(to.host), ca_file_(to.ca_file), port_(to.port), tls_(to.tls), verify_tls_(to.verify_tls),
      keep_idle_ms_(keep_idle_ms) {}

bool lane::serves(const provider& to) const {
    return port_ == to.port && tls_ == to.tls && verify_tls_ == to.verify_tls && name_ == to.name && host_ == to.host &&
           ca_file_ == to.ca_file;
}

std::unique_ptr<connection> lane::take() {
    while (!idle_.empty()) {
        std::unique_ptr<connection> last = std::move(idle_.back());
        idle_.pop_back();
        if (last->unpark()) return last;
    }
    return nullptr;
}

void lane::put(std::unique_ptr<connection> used) {
    if (closed_ || idle_.size() >= limits::upstream_idle_connections_max) return;
    used->park(*this, keep_idle_ms_);
    idle_.push_back(std::move(used));
}

void lane::drop(connection& idle) {
    std::erase_if(idle_, [&](const std::unique_ptr<connection>& one) { return one.get() == &idle; });
}

void lane::close() {
    closed_ = true;
    idle_.clear();
}

}
