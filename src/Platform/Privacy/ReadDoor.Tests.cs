using System.Buffers;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using Npgsql;

namespace Muqeem.Platform.Privacy;

public sealed class ReadDoorTests : IDisposable
{
    private const string Secret = "FATIMA";

    private readonly PrivacyWorld _world = new();
    private readonly PersonId _fatima;
    private readonly PersonId _omar;
    private readonly SealContext _context;
    private readonly byte[] _blob;

    public ReadDoorTests()
    {
        _fatima = PersonId.New(_world.Clock);
        _omar = PersonId.New(_world.Clock);
        _context = _world.Context(_fatima);
        _blob = _world.Sealer.SealAsync(_world.Change(), _context, Secret).AsTask().GetAwaiter().GetResult().Cipher;
    }

    public void Dispose() => _world.Dispose();

    private Access Enter(params ReadOnlySpan<PersonId> subjects) => _world.Door.Enter(_world.Officer, Purpose.DecideCase, null, "office.case", subjects);

    [Fact]
    public async Task Nobody_opens_data_of_a_person_whom_the_access_does_not_name()
    {
        var access = Enter(_omar);
        await Assert.ThrowsAsync<AccessRefusedException>(async () => await _world.Door.OpenAsync<string>(access, _context, _blob));
        await Assert.ThrowsAsync<AccessRefusedException>(() => _world.Door.OpenManyAsync<string>(access, [(_context, _blob)]));
    }

    [Fact]
    public async Task Outside_a_request_nothing_opens_before_its_entry_is_durable()
    {
        var held = new TaskCompletionSource();
        _world.Writer.Gate = held.Task;
        var opening = _world.Door.OpenAsync<string>(Enter(_fatima), _context, _blob).AsTask();
        Assert.False(opening.IsCompleted);
        held.SetResult();
        Assert.Equal(Secret, await opening);
        Assert.Equal(_fatima, Assert.Single(Assert.Single(_world.Writer.Accesses.Values).Subjects));
    }

    [Fact]
    public async Task Outside_a_request_what_cannot_be_recorded_does_not_open()
    {
        _world.Writer.Answer = _ => new WriteOutcome.Busy(TimeSpan.FromSeconds(3));
        var refused = await Assert.ThrowsAsync<AccessNotRecordedException>(async () => await _world.Door.OpenAsync<string>(Enter(_fatima), _context, _blob));
        Assert.Equal(TimeSpan.FromSeconds(3), refused.RetryAfter);
    }

    [Fact]
    public async Task A_commit_in_doubt_is_asked_again_with_the_same_entry()
    {
        var answers = new Queue<WriteOutcome?>([new WriteOutcome.InDoubt(), new WriteOutcome.InDoubt(), null]);
        _world.Writer.Answer = _ => answers.Dequeue();
        Assert.Equal(Secret, await _world.Door.OpenAsync<string>(Enter(_fatima), _context, _blob));
        Assert.Single(_world.Writer.Accesses);
    }

    [Fact]
    public async Task A_piece_of_work_settles_its_accesses_when_it_ends()
    {
        var read = await ReadDoor.RunAsync(async () =>
        {
            var change = _world.Change();
            var access = _world.Door.Within(change, _world.Officer, Purpose.DecideCase, "case.decide", _fatima);
            var value = await _world.Door.OpenAsync<string>(access, _context, _blob);
            Assert.Empty(_world.Writer.Accesses);
            await _world.Writer.WriteAsync(change);
            return value;
        });
        Assert.Equal(Secret, read);
        Assert.Single(_world.Writer.Accesses);
    }

    [Fact]
    public async Task A_request_leaves_one_entry_with_all_its_subjects()
    {
        await using var site = await SiteAsync(async context =>
        {
            var first = Enter(_fatima);
            var second = Enter(_omar);
            Assert.Same(first, second);
            await context.Response.WriteAsync(await _world.Door.OpenAsync<string>(second, _context, _blob));
        });
        Assert.Equal(Secret, await site.Client.GetStringAsync("/"));
        Assert.Equal([_fatima, _omar], Assert.Single(_world.Writer.Accesses.Values).Subjects);
    }

    [Fact]
    public async Task Another_purpose_is_another_entry()
    {
        await using var site = await SiteAsync(async context =>
        {
            await _world.Door.OpenAsync<string>(Enter(_fatima), _context, _blob);
            await _world.Door.OpenAsync<string>(_world.Door.Enter(_world.Officer, Purpose.Audit, null, "office.case", _fatima), _context, _blob);
            context.Response.StatusCode = 204;
        });
        Assert.Equal(HttpStatusCode.NoContent, (await site.Client.GetAsync("/")).StatusCode);
        Assert.Equal([Purpose.DecideCase, Purpose.Audit], _world.Writer.Accesses.Values.Select(a => a.Purpose).Order());
    }

    [Fact]
    public async Task A_person_entered_but_never_opened_is_recorded_all_the_same()
    {
        await using var site = await SiteAsync(_ =>
        {
            Enter(_fatima);
            return Task.CompletedTask;
        });
        (await site.Client.GetAsync("/")).EnsureSuccessStatusCode();
        Assert.Single(_world.Writer.Accesses);
    }

    public enum Way
    {
        Writer,
        WriterUnflushed,
        Stream,
        Start,
        Redirect,
        Complete,
        File,
    }

    public static TheoryData<Way> Ways => [.. Enum.GetValues<Way>()];

    private async Task AnswerAsync(HttpContext context, Way way)
    {
        var text = await _world.Door.OpenAsync<string>(Enter(_fatima), _context, _blob);
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.Headers["X-Name"] = text;
        switch (way)
        {
            case Way.Writer:
                await context.Response.BodyWriter.WriteAsync(bytes);
                break;
            case Way.WriterUnflushed:
                context.Response.BodyWriter.Write(bytes);
                break;
            case Way.Stream:
                await context.Response.Body.WriteAsync(bytes);
                break;
            case Way.Start:
                await context.Response.StartAsync();
                await context.Response.WriteAsync(text);
                break;
            case Way.Redirect:
                context.Response.Redirect("/" + text);
                break;
            case Way.Complete:
                context.Response.BodyWriter.Write(bytes);
                await context.Response.CompleteAsync();
                break;
            case Way.File:
                var file = Path.Combine(_world.Folder.Data.Scratch, "page");
                await File.WriteAllBytesAsync(file, bytes);
                await context.Response.SendFileAsync(file);
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task No_byte_leaves_before_the_entry_is_durable(Way way)
    {
        var held = new TaskCompletionSource();
        await using var site = await SiteAsync(context => AnswerAsync(context, way));
        _world.Writer.Gate = held.Task;
        var answer = site.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await site.Entered.Task;
        held.SetResult();

        var response = await answer;
        Assert.Equal(Secret, response.Headers.GetValues("X-Name").Single());
        Assert.Equal(way == Way.Redirect ? "" : Secret, await response.Content.ReadAsStringAsync());
        Assert.Single(_world.Writer.Accesses);
        Assert.Equal(1, await site.EntriesAtStart.Task);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_access_that_cannot_be_recorded_becomes_503_without_a_trace_of_the_page(Way way)
    {
        await using var site = await SiteAsync(context => AnswerAsync(context, way));
        _world.Writer.Answer = _ => new WriteOutcome.Busy(TimeSpan.FromSeconds(3.2));

        var response = await site.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(4, response.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.DoesNotContain(Secret, response + await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_world.Writer.Accesses);
    }

    [Fact]
    public async Task A_database_that_is_away_becomes_503_without_a_trace_of_the_page()
    {
        await using var site = await SiteAsync(context =>
        {
            context.Response.Headers["X-Name"] = Secret;
            throw new NpgsqlException("The server hung up.", new IOException());
        });

        var response = await site.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(2, response.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.DoesNotContain(Secret, response + await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_that_the_database_does_not_understand_is_a_fault()
    {
        await using var site = await SiteAsync(_ => throw new PostgresException("There is no such table.", "ERROR", "ERROR", PostgresErrorCodes.UndefinedTable));
        await Assert.ThrowsAsync<PostgresException>(() => site.Client.GetAsync("/"));
    }

    [Fact]
    public async Task What_is_opened_after_the_first_byte_waits_for_its_own_entry()
    {
        await using var site = await SiteAsync(async context =>
        {
            await context.Response.WriteAsync("head ");
            await context.Response.Body.FlushAsync();
            _world.Writer.Answer = _ => new WriteOutcome.Busy(TimeSpan.FromSeconds(1));
            await Assert.ThrowsAsync<AccessNotRecordedException>(async () => await _world.Door.OpenAsync<string>(Enter(_fatima), _context, _blob));
            _world.Writer.Answer = _ => null;
            await context.Response.WriteAsync(await _world.Door.OpenAsync<string>(Enter(_fatima), _context, _blob));
        });
        Assert.Equal("head " + Secret, await site.Client.GetStringAsync("/"));
        Assert.Single(_world.Writer.Accesses);
    }

    [Fact]
    public async Task A_read_in_an_act_rides_in_its_change_and_is_not_written_twice()
    {
        await using var site = await SiteAsync(async context =>
        {
            var change = _world.Change();
            var access = _world.Door.Within(change, _world.Officer, Purpose.DecideCase, "case.decide", _fatima);
            var text = await _world.Door.OpenAsync<string>(access, _context, _blob);
            await _world.Writer.WriteAsync(change);
            await context.Response.WriteAsync(text);
        });
        _world.Writer.Written.Clear();
        Assert.Equal(Secret, await site.Client.GetStringAsync("/"));
        Assert.NotNull(Assert.Single(_world.Writer.Written).Act);
        Assert.Single(_world.Writer.Accesses);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_read_in_an_act_that_wrote_nothing_is_recorded_on_its_own(bool tried)
    {
        await using var site = await SiteAsync(async context =>
        {
            var change = _world.Change();
            var access = _world.Door.Within(change, _world.Officer, Purpose.DecideCase, "case.decide", _fatima);
            await _world.Door.OpenAsync<string>(access, _context, _blob);
            if (tried)
            {
                _world.Writer.Answer = c => c.Act is null ? null : new WriteOutcome.Conflict("case_head", Guid.Empty);
                Assert.IsType<WriteOutcome.Conflict>(await _world.Writer.WriteAsync(change));
            }
            context.Response.StatusCode = 409;
        });
        Assert.Equal(HttpStatusCode.Conflict, (await site.Client.GetAsync("/")).StatusCode);
        Assert.Equal("case.decide", Assert.Single(_world.Writer.Accesses.Values).Where);
    }

    [Fact]
    public async Task Opening_many_keeps_the_order_and_shows_an_erased_one_as_nothing()
    {
        var context = _world.Context(_omar);
        var omar = (await _world.Sealer.SealAsync(_world.Change(), context, "OMAR")).Cipher;
        _world.Writer.Destroy(_fatima, RetentionClass.Identity);
        _world.DataKeys.Forget(_fatima, RetentionClass.Identity);

        Assert.Equal(["OMAR", null, "OMAR"], await _world.Door.OpenManyAsync<string>(Enter(_fatima, _omar), [(context, omar), (_context, _blob), (context, omar)]));
    }

    private async Task<Site> SiteAsync(RequestDelegate handle)
    {
        var entered = new TaskCompletionSource();
        var entries = new TaskCompletionSource<int>();
        var host = await new HostBuilder().ConfigureWebHost(web => web.UseTestServer().Configure(app =>
        {
            app.Use((context, next) =>
            {
                // Registered first, so it runs last: nothing comes between it and the first byte.
                context.Response.OnStarting(() =>
                {
                    entries.TrySetResult(_world.Writer.Accesses.Count);
                    return Task.CompletedTask;
                });
                return next(context);
            });
            app.UseRecordedReads();
            app.Run(async context =>
            {
                entered.TrySetResult();
                await handle(context);
            });
        })).StartAsync();
        return new Site(host, host.GetTestClient(), entered, entries);
    }

    /// <param name="EntriesAtStart">How many entries were durable when the response began to leave.</param>
    private sealed record Site(IHost Host, HttpClient Client, TaskCompletionSource Entered, TaskCompletionSource<int> EntriesAtStart) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Host.StopAsync();
            Host.Dispose();
        }
    }
}
