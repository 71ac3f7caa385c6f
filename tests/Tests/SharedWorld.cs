using Muqeem.Platform.Database;

namespace Muqeem.Tests;

/// <summary>One whole world for all tests of a class, where each takes other people and none moves the clock.</summary>
public abstract class SharedWorld(DatabaseKind kind) : IAsyncLifetime
{
    private Residents? _residents;

    public Residents Residents => _residents ?? throw new InvalidOperationException("The world has not started.");
    public WholeWorld World => Residents.World;

    public async ValueTask InitializeAsync() => _residents = await Residents.StartAsync(kind);

    public async ValueTask DisposeAsync()
    {
        if (_residents is not null)
        {
            await _residents.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }
}

public sealed class SharedWorldOnSqlite() : SharedWorld(DatabaseKind.Sqlite);

public sealed class SharedWorldOnPostgreSql() : SharedWorld(DatabaseKind.PostgreSql);
