#include <tollgate/upstream/workspace.hpp>

#include <tollgate/core/limits.hpp>

namespace tollgate::upstream {

std::unique_ptr<workspace> workspaces::take() {
    if (spare_.empty()) return std::make_unique<workspace>(blocks_);
    std::unique_ptr<workspace> last = std::move(spare_.back());
    spare_.pop_back();
    return last;
}

void workspaces::give(std::unique_ptr<workspace> used) {
    if (spare_.size() >= limits::upstream_workspaces_spare_max) return;
    used->buffer.clear();
    used->pieces.clear();
    spare_.push_back(std::move(used));
}

}
