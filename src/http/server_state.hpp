#pragma once

// What the connections of one server share. One thread.

#include "answer_head.hpp"

#include <tollgate/http/peer_address.hpp>
#include <tollgate/http/server.hpp>

#include <vector>

namespace tollgate::http {

class session;

struct server_state {
    server_state(executor on, ticker& watch, server_options given, handler answer);

    void enter(session& one);
    void leave(session& one);
    void report_bug(std::string_view what) const;

    executor io;
    ticker* tick; // null once the server has ended
    server_options options;
    handler handle;
    tcp_acceptor acceptor;
    address_set trusted;
    date_text date;
    std::vector<session*> sessions; // each knows its place
    bool draining = false;
    steady_timer empty; // waited on for the last session to leave
    std::string overload_answer;
};

}
