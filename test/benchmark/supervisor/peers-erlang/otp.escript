#!/usr/bin/env escript
%% The contestant of Erlang/OTP: supervisors and gen_servers. The protocol is in ../serve.ts.
-module(otp).
-mode(compile).
-behaviour(supervisor).
-export([main/1, init/1, start_child/2, child/2]).

main(_) ->
    process_flag(trap_exit, true),
    logger:set_primary_config(level, none),
    loop().

loop() ->
    case io:get_line("") of
        eof -> ok;
        Line ->
            [Name | Numbers] = string:lexemes(string:trim(Line), " "),
            [Layers, Width, _FanIn, Work] = [list_to_integer(N) || N <- Numbers],
            case scenario(Name, Layers * Width, Work) of
                {cannot, Why} -> io:format("cannot ~s~n", [Why]);
                Value -> io:format("~p~n", [Value])
            end,
            loop()
    end.

%% A supervisor's children start in order, each when the one before is there: dependencies are this order, and nothing starts in parallel.
scenario("start", Size, Work) ->
    {Took, Supervisor} = started(Size, Work, one_for_one),
    stop(Supervisor),
    Took;
scenario("stop", Size, _) ->
    {_, Supervisor} = started(Size, 0, one_for_one),
    stop(Supervisor);
scenario("restart", Size, _) ->
    {_, Supervisor} = started(Size, 0, one_for_one),
    Taken = [restart(Size, 1) || _ <- lists:seq(1, 200)],
    stop(Supervisor),
    lists:nth(100, lists:sort(Taken));
scenario("cascade", Size, _) ->
    {_, Supervisor} = started(Size + 1, 0, rest_for_one),
    Took = restart(1, Size + 1),
    stop(Supervisor),
    Took;
scenario("heap", Size, _) ->
    {_, Warm} = started(Size, 0, one_for_one),
    stop(Warm),
    Before = memory(),
    {_, Supervisor} = started(Size, 0, one_for_one),
    Bytes = (memory() - Before) / Size,
    stop(Supervisor),
    Bytes;
scenario(_, _, _) ->
    {cannot, "has no such thing"}.

memory() ->
    [erlang:garbage_collect(P) || P <- processes()],
    erlang:memory(total).

%% The named child is told to end as by a crash; until as many as named have started again.
restart(Index, Count) ->
    Begun = now_us(),
    exit(whereis(name(Index)), crash),
    await(Count),
    (now_us() - Begun) / 1000.

started(Size, Work, Strategy) ->
    Self = self(),
    Begun = now_us(),
    {ok, Supervisor} = supervisor:start_link(?MODULE, {Size, Work, Strategy, Self}),
    Took = (now_us() - Begun) / 1000,
    await(Size),
    {Took, Supervisor}.

stop(Supervisor) ->
    Begun = now_us(),
    exit(Supervisor, shutdown),
    receive {'EXIT', Supervisor, _} -> ok end,
    (now_us() - Begun) / 1000.

await(0) -> ok;
await(Count) -> receive started -> await(Count - 1) end.

now_us() -> erlang:monotonic_time(nanosecond) / 1000.

name(Index) -> list_to_atom("n" ++ integer_to_list(Index)).

init({Size, Work, Strategy, Reporter}) ->
    Flags = #{strategy => Strategy, intensity => 1000000, period => 1},
    Children = [#{id => Index, start => {?MODULE, start_child, [Index, {Work, Reporter}]}, shutdown => 1000} || Index <- lists:seq(1, Size)],
    {ok, {Flags, Children}}.

start_child(Index, Argument) ->
    proc_lib:start_link(?MODULE, child, [name(Index), Argument]).

child(Name, {Work, Reporter}) ->
    register(Name, self()),
    if Work > 0 -> timer:sleep(Work); true -> ok end,
    Reporter ! started,
    proc_lib:init_ack({ok, self()}),
    receive stop -> ok end.
