#include <tollgate/keys/key_directory.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/system/error_code.hpp>

namespace tollgate::keys {

key_directory::key_directory(executor on, key_cache& cache, const key_hasher& hash, std::size_t keys_max)
    : on_(on), cache_(cache), hash_(hash), mine_(keys_max) {}

std::optional<caller_ptr> key_directory::known(std::string_view secret) {
    if (secret.empty() || secret.size() > limits::key_bytes_max) return caller_ptr{};
    return recall(hash_(secret));
}

task<result<caller_ptr>> key_directory::find(std::string_view secret) {
    if (secret.empty() || secret.size() > limits::key_bytes_max) co_return caller_ptr{};
    const store::key_hash hash = hash_(secret);
    if (auto known = recall(hash)) co_return std::move(*known);
    if (!well_formed(secret)) co_return caller_ptr{};
    co_return co_await read(hash);
}

// The generation is read before the cache is asked: a change in between makes this entry old at once, never too new.
std::optional<caller_ptr> key_directory::recall(const store::key_hash& hash) {
    const std::uint64_t now = cache_.generation();
    const entry* mine = mine_.find(hash);
    if (mine && mine->generation == now) return mine->caller;
    const auto shared = cache_.look(hash);
    if (!shared || !*shared) {
        if (mine) mine_.erase(hash);
        return shared;
    }
    return keep(hash, *shared, now);
}

caller_ptr key_directory::keep(const store::key_hash& hash, const caller_ptr& found, std::uint64_t generation) {
    return mine_.put(hash, {std::make_shared<const ports::caller>(*found), generation}).caller;
}

task<result<caller_ptr>> key_directory::read(store::key_hash hash) {
    if (const auto at = flights_.find(hash); at != flights_.end()) {
        const std::shared_ptr<flight> other = at->second;
        boost::system::error_code cancelled;
        co_await other->done.async_wait(net::redirect_error(use_task, cancelled));
        co_return other->answer;
    }
    const auto own = std::make_shared<flight>(on_);
    flights_.emplace(hash, own);
    own->answer = co_await cache_.read(on_, hash);
    flights_.erase(hash);
    own->done.cancel();
    co_return own->answer;
}

// As in recall: a change in between makes what was taken old at once.
std::string key_directory::tenant_status(std::string_view tenant) const {
    const std::uint64_t now = cache_.generation();
    if (!flags_ || flags_generation_ != now) {
        flags_ = cache_.flags();
        flags_generation_ = now;
    }
    const auto at = flags_->find(tenant);
    return at == flags_->end() ? std::string() : at->second;
}

}
