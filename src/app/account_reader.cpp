#include <tollgate/app/services.hpp>

namespace tollgate::app {

std::unique_ptr<store::account_store> account_reader::take() {
    const std::lock_guard lock(mutex_);
    if (stores_.empty()) return nullptr;
    auto store = std::move(stores_.back());
    stores_.pop_back();
    return store;
}

void account_reader::give(std::unique_ptr<store::account_store> store) {
    const std::lock_guard lock(mutex_);
    stores_.push_back(std::move(store));
}

}
