#pragma once

// The idle connections to one provider, the last used on top, so that those not needed grow old and close.

#include <tollgate/core/catalog.hpp>
#include <tollgate/upstream/connection.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tollgate::upstream {

class lane {
public:
    lane(const provider& to, std::uint32_t keep_idle_ms);

    // Same peer and same trust in it. Catalogue reloads make new provider objects; connections outlive them.
    bool serves(const provider& to) const;
    // The last used connection that is still good, or null.
    std::unique_ptr<connection> take();
    // Keeps it for the next request, or closes it when there are enough or the lane is closed.
    void put(std::unique_ptr<connection> used);
    void drop(connection& idle);
    // From now on nothing is kept.
    void close();
    std::size_t idle() const { return idle_.size(); }

private:
    std::string name_, host_, ca_file_;
    std::uint16_t port_;
    bool tls_, verify_tls_;
    std::uint32_t keep_idle_ms_;
    bool closed_ = false;
    std::vector<std::unique_ptr<connection>> idle_;
};

}
