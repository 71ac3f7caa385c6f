using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;
using Npgsql;

namespace Muqeem.Platform.Privacy;

/// <summary>
/// Holds the response back until every access of the request is durable. When one cannot be recorded, or the database is away, nothing of the page leaves: the
/// answer is an empty 503 with Retry-After, which the error pages (outside this middleware) fill.
/// </summary>
public static class RecordedReads
{
    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(2);

    /// <summary>Place it inside the error pages and outside everything that reads personal data, authentication included.</summary>
    public static IApplicationBuilder UseRecordedReads(this IApplicationBuilder app) => app.Use(next => context => InvokeAsync(context, next));

    private static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var inner = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var accesses = new RequestAccesses();
        var guarded = new GuardedBody(inner, accesses);
        context.Features.Set<IHttpResponseBodyFeature>(guarded);
        RequestAccesses.Current = accesses;
        try
        {
            await next(context);
            await guarded.FinishAsync();
        }
        catch (Exception e) when ((e is AccessNotRecordedException or NotWrittenException or KeyUnavailableException || (e is NpgsqlException && PostgresStore.IsAway(e))) && !context.Response.HasStarted)
        {
            context.Features.Set(inner);
            context.Response.Clear();
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            var wait = e switch
            {
                AccessNotRecordedException access => access.RetryAfter,
                NotWrittenException change => change.RetryAfter,
                _ => ComeBack,
            };
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }
        finally
        {
            context.Features.Set(inner);
            RequestAccesses.Current = null;
        }
    }

    /// <summary>Keeps what is written in memory until the first flush, which waits for the accesses; from then on passes everything through.</summary>
    private sealed class GuardedBody(IHttpResponseBodyFeature inner, RequestAccesses accesses) : IHttpResponseBodyFeature
    {
        private readonly ArrayBufferWriter<byte> _held = new();
        private GuardedWriter? _writer;
        private GuardedStream? _stream;
        private bool _released;

        public Stream Stream => _stream ??= new GuardedStream(this);

        public PipeWriter Writer => _writer ??= new GuardedWriter(this);

        public void DisableBuffering() => inner.DisableBuffering();

        public async Task StartAsync(CancellationToken cancellationToken = default)
        {
            await ReleaseAsync(cancellationToken);
            await inner.StartAsync(cancellationToken);
        }

        public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
        {
            await ReleaseAsync(cancellationToken);
            await inner.SendFileAsync(path, offset, count, cancellationToken);
        }

        public async Task CompleteAsync()
        {
            await ReleaseAsync(CancellationToken.None);
            await inner.CompleteAsync();
        }

        public async Task FinishAsync() => await ReleaseAsync(CancellationToken.None);

        private async ValueTask ReleaseAsync(CancellationToken cancel)
        {
            if (!_released)
            {
                await accesses.SettleAsync().WaitAsync(cancel);
                _released = true;
            }
            if (_held.WrittenCount > 0)
            {
                inner.Writer.Write(_held.WrittenSpan);
                _held.ResetWrittenCount();
            }
        }

        private sealed class GuardedWriter(GuardedBody body) : PipeWriter
        {
            private bool _toInner;

            public override bool CanGetUnflushedBytes => body.Inner.Writer.CanGetUnflushedBytes;

            public override long UnflushedBytes => body._held.WrittenCount + body.Inner.Writer.UnflushedBytes;

            public override Memory<byte> GetMemory(int sizeHint = 0)
            {
                _toInner = body._released;
                return _toInner ? body.Inner.Writer.GetMemory(sizeHint) : body._held.GetMemory(Math.Max(sizeHint, 4096));
            }

            public override Span<byte> GetSpan(int sizeHint = 0)
            {
                _toInner = body._released;
                return _toInner ? body.Inner.Writer.GetSpan(sizeHint) : body._held.GetSpan(Math.Max(sizeHint, 4096));
            }

            public override void Advance(int bytes)
            {
                if (_toInner)
                {
                    body.Inner.Writer.Advance(bytes);
                }
                else
                {
                    body._held.Advance(bytes);
                }
            }

            public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
            {
                await body.ReleaseAsync(cancellationToken);
                return await body.Inner.Writer.FlushAsync(cancellationToken);
            }

            public override void CancelPendingFlush() => body.Inner.Writer.CancelPendingFlush();

            // What is held leaves when the handler has returned: here there is nothing to wait with.
            public override void Complete(Exception? exception = null)
            {
                if (body._released)
                {
                    body.Inner.Writer.Complete(exception);
                }
            }

            public override async ValueTask CompleteAsync(Exception? exception = null)
            {
                if (exception is null)
                {
                    await body.ReleaseAsync(CancellationToken.None);
                }
                await body.Inner.Writer.CompleteAsync(exception);
            }
        }

        private IHttpResponseBodyFeature Inner => inner;

        private sealed class GuardedStream(GuardedBody body) : Stream
        {
            public override bool CanRead => false;
            public override bool CanSeek => false;
            public override bool CanWrite => true;
            public override long Length => throw new NotSupportedException();

            public override long Position
            {
                get => throw new NotSupportedException();
                set => throw new NotSupportedException();
            }

            public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
            {
                await body.ReleaseAsync(cancellationToken);
                await body.Inner.Stream.WriteAsync(buffer, cancellationToken);
            }

            public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
                WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

            public override async Task FlushAsync(CancellationToken cancellationToken)
            {
                await body.ReleaseAsync(cancellationToken);
                await body.Inner.Stream.FlushAsync(cancellationToken);
            }

            public override void Write(byte[] buffer, int offset, int count)
            {
                if (body._released)
                {
                    body.Inner.Stream.Write(buffer, offset, count);
                }
                else
                {
                    body._held.Write(buffer.AsSpan(offset, count));
                }
            }

            public override void Flush()
            {
                if (body._released)
                {
                    body.Inner.Stream.Flush();
                }
            }

            public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
            public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
            public override void SetLength(long value) => throw new NotSupportedException();
        }
    }
}
