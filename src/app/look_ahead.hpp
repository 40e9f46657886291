#pragma once

#include "call.hpp"

namespace tollgate::app {

// What a course may ask about a request under way; what it asked is kept for the record.
class look_ahead final : public policy::outlook {
public:
    explicit look_ahead(call& c) : c_(c) {}
    std::vector<policy::candidate> downgrades() override;
    policy::confirmation confirmed(const policy::facts& about) override;

private:
    call& c_;
};

// What the request needs and the offer's model cannot: "tools", "images", ...; empty: nothing.
std::string lacks(const call& c, const quote& of);

// The request's hash, for whoever binds something to it.
const std::string& digest_of(call& c);
ports::confirmation_binding binding_of(call& c, const policy::facts& about);

}
