using System.Data;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Muqeem.Sandbox.State;

/// <summary>What happened since the world began: one SQLite file, so that a restart loses nothing. One connection, one writer at a time: it is a stand-in.</summary>
public sealed class Store : IDisposable
{
    private const string Schema = """
        create table if not exists meta (key text primary key, value text not null);
        create table if not exists facts (person integer not null, kind text not null, json text not null, visible_at integer not null, primary key (person, kind)) without rowid;
        create table if not exists numbers (number text primary key, person integer not null) without rowid;
        create table if not exists answers (request_id text primary key, route text not null, digest blob not null, status integer not null, body blob not null) without rowid;
        create table if not exists notices (id integer primary key, request_id text not null, agency text not null, verb text not null, subject text not null, json text not null, at integer not null);
        create table if not exists messages (id integer primary key, message_id text not null unique, channel text not null, address text not null, subject text not null, body text not null, html text, language text not null, parts integer not null, at integer not null);
        create index if not exists messages_address on messages (address, id);
        create table if not exists bills (number text primary key, reference text not null unique, payer text not null, purpose text not null, amount integer not null, paid integer not null, due_on text not null, state text not null, at integer not null) without rowid;
        create table if not exists payments (id text primary key, bill text, reference text, payer text not null, purpose text not null, amount integer not null, channel text not null, at integer not null, refunded integer not null default 0) without rowid;
        create index if not exists payments_at on payments (at);
        create table if not exists balances (payer text not null, purpose text not null, amount integer not null check (amount >= 0), primary key (payer, purpose)) without rowid;
        create table if not exists takes (reference text primary key, payment text) without rowid;
        create table if not exists refunds (reference text primary key, id text not null, payer text not null, purpose text not null, payment text not null, amount integer not null, iban text, state text not null, at integer not null) without rowid;
        create table if not exists calls (id integer primary key, topic text not null, webhook_id text not null, body blob not null, forged integer not null, due_at integer not null, attempts integer not null, state text not null, answer text, at integer not null);
        create index if not exists calls_due on calls (state, due_at);
        create table if not exists contests (reference text primary key, agency text not null, number text not null, json text not null, state text not null, reason text, at integer not null) without rowid;
        create table if not exists changes (seq integer primary key autoincrement, agency text not null, person integer not null, at integer not null);
        create index if not exists changes_order on changes (agency, at, seq);
        create table if not exists feed_events (seq integer primary key, agency text not null, event_id text not null, kind text not null, json text not null, test integer not null, times integer not null, at integer not null, unique (agency, event_id));
        create table if not exists feed_deliveries (seq integer primary key, agency text not null, cursor text not null, events integer not null, news integer not null, test integer not null, at integer not null);
        create table if not exists knobs (agency text not null, person integer not null, json text not null, primary key (agency, person)) without rowid;
        """;

    private readonly SqliteConnection _connection;
    private readonly Lock _lock = new();

    /// <param name="path">A file, or <c>:memory:</c>.</param>
    public Store(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        _connection.Execute("pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on;");
        _connection.Execute(Schema);
    }

    public T Read<T>(Func<IDbConnection, T> read)
    {
        lock (_lock)
        {
            return read(_connection);
        }
    }

    /// <summary>All of it, or none.</summary>
    public T Write<T>(Func<IDbConnection, T> write)
    {
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            var answer = write(_connection);
            transaction.Commit();
            return answer;
        }
    }

    public void Write(Action<IDbConnection> write) => Write(connection =>
    {
        write(connection);
        return true;
    });

    public string? Meta(string key) => Read(db => db.QueryFirstOrDefault<string>("select value from meta where key = @key", new { key }));

    public void SetMeta(string key, string value) =>
        Write(db => db.Execute("insert into meta (key, value) values (@key, @value) on conflict (key) do update set value = excluded.value", new { key, value }));

    public void Dispose() => _connection.Dispose();
}
