#pragma once

// Every maximum of the gateway. Nothing grows without one. Units stand last in the name.

#include <cstddef>
#include <cstdint>

namespace tollgate::limits {

// --- client side ---------------------------------------------------------------------------------------------
inline constexpr std::size_t head_bytes_max = 16 * 1024; // request line and header fields
inline constexpr std::size_t head_fields_max = 100;
inline constexpr std::size_t body_bytes_max = 64 * 1024 * 1024; // hard ceiling; server.body_bytes_max may lower it
inline constexpr std::size_t body_bytes_default = 16 * 1024 * 1024;
inline constexpr std::size_t chunk_line_bytes_max = 256;            // a chunk-size line with its extension
inline constexpr std::size_t chunk_extension_bytes_max = 16 * 1024; // all chunk extensions of one message
inline constexpr std::size_t trailer_bytes_max = 8 * 1024;          // all trailer fields of one message
inline constexpr std::size_t connections_per_thread_max = 32'768;
inline constexpr std::uint32_t head_ms_max = 10'000; // first byte of a request to the end of its head
inline constexpr std::uint32_t body_ms_max = 60'000;
inline constexpr std::uint32_t idle_ms_max = 75'000;  // keep-alive, between requests
inline constexpr std::uint32_t write_ms_max = 60'000; // a client that does not read
inline constexpr std::uint32_t tls_handshake_ms_max = 10'000;
inline constexpr std::size_t session_buffer_bytes = 2 * 1024;   // of a connection; grows for a larger head only
inline constexpr std::size_t body_padding_bytes = 64;           // readable behind a body, for vector readers
inline constexpr std::size_t unread_body_bytes_max = 64 * 1024; // skipped to keep a connection; above, it closes
inline constexpr std::uint32_t linger_ms_max = 2'000;           // so that a client still sending reads its refusal
inline constexpr std::size_t linger_bytes_max = body_bytes_max;
inline constexpr std::size_t proxy_header_bytes_max = 1'024; // PROXY protocol
inline constexpr int listen_backlog_max = 4'096;
inline constexpr std::uint32_t accept_pause_ms = 50; // out of descriptors: let some connections end

// --- provider side -------------------------------------------------------------------------------------------
inline constexpr std::uint32_t upstream_connect_ms_max = 5'000;
inline constexpr std::uint32_t upstream_first_byte_ms_max = 300'000;
inline constexpr std::uint32_t upstream_idle_ms_max = 300'000; // between two reads of an answer
inline constexpr std::uint32_t request_total_ms_max = 1'800'000;
inline constexpr std::uint32_t breaker_window_ms = 10'000;    // failures are counted over this long
inline constexpr std::uint32_t breaker_failures = 5;          // in it, and at least half of all attempts: open
inline constexpr std::uint32_t breaker_open_ms = 1'000;       // doubles with each probe that fails
inline constexpr std::uint32_t breaker_open_ms_max = 60'000;  // also the longest that a Retry-After is honoured
inline constexpr std::uint32_t breaker_probe_ms_max = 30'000; // a probe that tells nothing for so long is lost
inline constexpr std::uint32_t retry_pause_ms = 50;           // before the same route again; jitter adds up to twice it
inline constexpr std::size_t upstream_head_bytes_max = 32 * 1024;
inline constexpr std::size_t upstream_idle_connections_max = 256; // per thread and provider
inline constexpr std::uint32_t upstream_keep_idle_ms = 55'000;    // below the 60 s after which most peers close
inline constexpr std::size_t upstream_lanes_max = 256;            // providers remembered per thread
inline constexpr std::size_t upstream_block_bytes = 32 * 1024;    // read into; a wait for more gives it back
inline constexpr std::size_t upstream_blocks_spare_max = 16;      // per thread
inline constexpr std::size_t upstream_head_bytes_kept = 4 * 1024; // room for a head that a workspace keeps
inline constexpr std::size_t upstream_workspaces_spare_max = 256; // per thread, about 2 KB each, 6 at most
inline constexpr std::size_t inflated_bytes_per_read = 16 * 1024; // of a compressed answer
inline constexpr std::size_t interim_answers_max = 8;             // 1xx heads before the answer
inline constexpr std::size_t tls_contexts_max = 256;
inline constexpr std::size_t tls_sessions_kept = 8; // for resumption, per context
inline constexpr std::size_t dns_hosts_max = 1'024;
inline constexpr std::size_t dns_addresses_max = 16;    // tried per host
inline constexpr std::uint32_t dns_refresh_ms = 30'000; // older addresses are renewed in the background
inline constexpr std::uint32_t dns_stale_ms = 600'000;  // older ones are waited for
inline constexpr std::size_t upstream_answer_bytes_max = 64 * 1024 * 1024; // an answer that is not a stream
inline constexpr std::size_t sse_event_bytes_max = 256 * 1024;             // a larger event is relayed unread
inline constexpr std::size_t sse_terminal_bytes_max = 16 * 1024 * 1024; // but for one that ends a stream with its usage
inline constexpr std::size_t look_inside_bytes_max = 16 * 1024; // of a stream, kept back until its first event is whole
inline constexpr std::uint32_t look_inside_ms_max = 10'000;     // and how long, once a byte of it has come
inline constexpr std::size_t stream_text_bytes_max = 16 * 1024; // output text kept to be counted in one go

// --- request contents ----------------------------------------------------------------------------------------
inline constexpr int json_depth_max = 64;
inline constexpr std::int64_t tokens_max = 100'000'000; // any token count of one request
inline constexpr std::int64_t choices_max = 128;
inline constexpr std::size_t tokenizer_bytes_max = 1024 * 1024;  // longer text counts as its bytes
inline constexpr std::size_t exact_count_bytes_max = 256 * 1024; // of one request's text; the rest counts as its bytes
inline constexpr std::size_t attribution_bytes_max = 128;        // a tag such as a feature or an end user
inline constexpr std::int64_t output_tokens_floor = 16;          // clamp_to_budget never goes below

// --- money ---------------------------------------------------------------------------------------------------
inline constexpr std::int64_t price_nano_per_million_max = 10'000'000'000'000; // 10,000 USD per million tokens
inline constexpr std::int64_t amount_nano_max = 1'000'000'000'000'000'000;     // 1e9 USD: any single amount

// --- ledger --------------------------------------------------------------------------------------------------
inline constexpr std::size_t batch_ops_max = 512;
inline constexpr std::size_t idempotency_key_bytes_max = 255;            // of a movement of money, or of a request
inline constexpr std::size_t idempotency_answer_bytes_max = 1024 * 1024; // a longer one is not answered again
inline constexpr std::size_t reason_bytes_max = 1'024;
inline constexpr std::size_t ledger_memory_rows_max = 131'072;  // counters remembered by a process
inline constexpr std::uint32_t ledger_careful_batches_max = 64; // with locks, after another process was met
inline constexpr std::size_t writer_queue_max = 16'384;
inline constexpr std::uint32_t reserve_wait_ms_max = 2'000;  // then 503 ledger_unavailable
inline constexpr std::uint32_t settle_wait_ms_max = 2'000;   // then the outbox takes it
inline constexpr std::uint32_t capacity_wait_ms_max = 1'000; // money held by running requests may come back
inline constexpr std::size_t limits_per_request_max = 64;
inline constexpr std::size_t rate_fields_max = 16; // told in the RateLimit header
inline constexpr std::uint32_t reservation_ttl_ms = request_total_ms_max + 60'000;
inline constexpr std::uint32_t sweep_interval_ms = 5'000;
inline constexpr std::int64_t idempotency_kept_s = 86'400; // a claim and its answer; an older one counts as absent
inline constexpr std::int64_t confirmation_kept_s = 3'600; // a spent token, which must not live longer

// --- store ---------------------------------------------------------------------------------------------------
inline constexpr std::uint32_t store_connect_ms_max = 2'000;
inline constexpr std::uint32_t store_statement_ms_max = 5'000; // of the ledger's own connection
inline constexpr std::uint32_t store_lock_ms_max = 2'000;      // waiting for another process's batch
inline constexpr std::uint32_t store_report_ms_max = 60'000;   // one statement of an export or a verification
inline constexpr int store_begin_attempts_max = 4;             // windows that turn while a batch begins
inline constexpr int run_ops_attempts_max = 8;                 // of a command's own transaction
inline constexpr std::size_t store_page_rows_max = 1'000;
inline constexpr std::int64_t store_groups_max = 10'000;          // rows of one grouped usage report
inline constexpr std::int64_t account_range_s_max = 400 * 86'400; // that one account query or export spans
inline constexpr std::int64_t dead_reservations_max = 20'000;     // then their room is freed
inline constexpr std::int64_t prune_scan_rows_max = 5'000;        // counters looked at per call
inline constexpr std::int64_t minute_counter_kept_s = 2 * 3'600;  // after the window's start; then it may be pruned
inline constexpr std::int64_t hour_counter_kept_s = 72 * 3'600;
inline constexpr std::size_t seeds_at_once_max = 200'000; // counters of one tenant summed in memory; more take turns
inline constexpr std::int64_t seed_late_hold_s = 600;     // a request may be held this long after it arrived

// --- keys ----------------------------------------------------------------------------------------------------
inline constexpr std::size_t key_bytes_max = 512; // a credential as sent
inline constexpr std::size_t key_cache_max = 100'000;
inline constexpr std::size_t key_negative_cache_max = 10'000;
inline constexpr std::size_t key_thread_cache_max = 10'000;  // of those, kept by one I/O thread
inline constexpr std::uint32_t key_negative_ms = 1'000;      // "no such key" is believed this long
inline constexpr std::uint32_t key_poll_ms = 250;            // revocation reaches every process within a second
inline constexpr std::size_t keys_per_command_max = 100'000; // made by one `keys create --count`
inline constexpr std::uint32_t confirmation_ms = 600'000;    // a confirmation token is good for
inline constexpr std::uint32_t rotate_grace_ms_max = 30u * 86'400'000u;

// --- retry guard ---------------------------------------------------------------------------------------------
inline constexpr std::size_t retry_shards = 16;              // locks, so that threads seldom wait for one another
inline constexpr std::size_t retry_requests_max = 64 * 1024; // different requests remembered, about 10 MB
inline constexpr std::size_t retry_keys_max = 16 * 1024;     // keys remembered, about 5 MB
inline constexpr std::size_t retry_blocks_max = 4'096;
inline constexpr std::uint32_t retry_block_ms_max = 86'400'000; // what `block` and `block_max` may be
// --- admin API -----------------------------------------------------------------------------------------------
inline constexpr std::uint32_t admin_threads = 2; // its blocking work; connections to the store are opened when used
inline constexpr std::size_t admin_waiting_max = 64;
inline constexpr std::size_t admin_body_bytes_max = 256 * 1024;
inline constexpr std::size_t admin_page_rows_max = 1'000;
inline constexpr std::size_t admin_page_rows_default = 100;
inline constexpr std::size_t admin_token_bytes_min = 16;
inline constexpr std::size_t admin_tokens_max = 64;
inline constexpr std::uint32_t admin_claim_ms = 60'000;            // then an unfinished mutation may be run again
inline constexpr std::int64_t admin_answer_kept_s = 24 * 3'600;    // for a repeated Idempotency-Key
inline constexpr std::size_t tenant_flags_max = 200'000;           // tenants with a status set at run time
inline constexpr std::size_t alert_counters_scanned_max = 100'000; // by one look at the alerts

// --- configuration files -------------------------------------------------------------------------------------
inline constexpr std::size_t config_file_bytes_max = 4 * 1024 * 1024; // tollgate.yaml, catalog.yaml, prices.yaml
inline constexpr std::size_t policy_file_bytes_max = 256 * 1024;
inline constexpr std::size_t config_nodes_max = 200'000; // values of one file, aliases counted as expanded
inline constexpr std::size_t policy_nodes_max = 10'000;
inline constexpr std::size_t config_keys_max = 5'000; // of one map
inline constexpr int config_depth_max = 32;
inline constexpr std::size_t secret_file_bytes_max = 64 * 1024;              // what ${file:/path} may read
inline constexpr std::size_t config_problems_max = 1'000;                    // reported by one load
inline constexpr std::size_t policy_limits_max = limits_per_request_max - 4; // besides month, hard stop, day, prepaid
inline constexpr std::size_t policy_files_max = 200'000;
inline constexpr std::size_t model_name_bytes_max = 256; // in requests; of what answers say no more is kept
inline constexpr std::size_t model_routes_max = 16;      // of one model
inline constexpr std::size_t model_fallbacks_max = 8;    // of one model
inline constexpr int template_depth_max = 4;             // `extends` of `extends`

// --- mock upstream -------------------------------------------------------------------------------------------
inline constexpr std::size_t mock_requests_kept = 256;
inline constexpr std::size_t mock_body_bytes_kept = 64 * 1024; // of one request, for GET /__mock/requests
inline constexpr std::size_t mock_names_max = 1'024;           // paths and models counted one by one
inline constexpr std::int64_t mock_words_max = 100'000;        // in one answer
inline constexpr std::int64_t mock_line_bytes_max = 64 * 1024 * 1024;
inline constexpr std::int64_t mock_wait_ms_max = 600'000;

// --- process -------------------------------------------------------------------------------------------------
inline constexpr std::uint32_t drain_ms_max = 30'000;
inline constexpr std::size_t log_buffer_bytes_max =
    4 * 1024 * 1024;                                         // of one I/O thread; full: lines are dropped and counted
inline constexpr std::uint32_t log_flush_ms = 50;            // a request's line waits no longer
inline constexpr std::uint32_t log_drain_ms_max = 2'000;     // at the end, when nobody reads the log
inline constexpr std::uint32_t reload_poll_ms = 250;         // published policies reach every process within a second
inline constexpr std::uint32_t price_poll_ms = 500;          // an approval reaches every process within a second
inline constexpr std::uint32_t reload_full_look_ms = 10'000; // at every policy file, whatever the kernel says
inline constexpr std::uint32_t tick_ms = 50;                 // resolution of every deadline

static_assert(reservation_ttl_ms > request_total_ms_max, "a live request never outlasts its reservation");
static_assert(static_cast<__int128>(tokens_max) * choices_max * price_nano_per_million_max / 1'000'000 <
                  static_cast<__int128>(INT64_MAX) * 2,
              "128-bit products are checked, and this is their order of magnitude");

}
