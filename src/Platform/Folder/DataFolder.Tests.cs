using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Platform.Folder;

public sealed class DataFolderTests : IDisposable
{
    private readonly FolderForTest _demonstration = new();
    private readonly FolderForTest _real = new(FolderKind.Real);

    public void Dispose()
    {
        _demonstration.Dispose();
        _real.Dispose();
    }

    [Fact]
    public void A_folder_is_found_again_as_what_it_was_made()
    {
        var again = DataFolder.Open(_real.Data.Root, null, _real.Clock);
        Assert.Equal((_real.Data.Id, FolderKind.Real, _real.Data.Created), (again.Id, again.Kind, again.Created));
        Assert.False(again.IsDemonstration);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(again.Root));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(again.Uploads));
    }

    [Fact]
    public void A_folder_of_real_data_is_never_opened_as_a_demonstration()
    {
        Assert.Contains("holds real data", Refused(_real.Data.Root, FolderKind.Demonstration), StringComparison.Ordinal);
        Assert.Contains("holds demonstration data", Refused(_demonstration.Data.Root, FolderKind.Real), StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_somebody_else_is_left_alone()
    {
        var other = Directory.CreateDirectory(Path.Combine(_real.Data.Scratch, "other")).FullName;
        File.WriteAllText(Path.Combine(other, "letter.txt"), "x");
        Assert.Contains("was not made by Muqeem", Refused(other, FolderKind.Real), StringComparison.Ordinal);
        Assert.Contains("is a file", Refused(Path.Combine(other, "letter.txt"), FolderKind.Real), StringComparison.Ordinal);
        Assert.Contains("Make one", Refused(Path.Combine(other, "none"), null), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(other, "none")));
    }

    [Fact]
    public void A_folder_that_others_can_reach_is_refused()
    {
        File.SetUnixFileMode(_real.Data.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead);
        Assert.Contains("chmod 700", Refused(_real.Data.Root, null), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_mark_is_refused_and_not_made_anew()
    {
        var mark = Path.Combine(_real.Data.Root, "folder.json");
        File.WriteAllText(mark, "{");
        Assert.Contains("damaged", Refused(_real.Data.Root, FolderKind.Demonstration), StringComparison.Ordinal);
        Assert.Equal("{", File.ReadAllText(mark));
    }

    [Fact]
    public void In_a_demonstration_the_clock_moves_forward_and_stays_moved_after_a_restart()
    {
        var clock = new MovableClock(_demonstration.Data, _demonstration.Clock);
        var moves = 0;
        clock.Moved += (_, _) => moves++;
        var start = clock.Now();

        Assert.True(clock.MoveBy(Duration.FromDays(90)).Ok);

        Assert.Equal(1, moves);
        Assert.Equal(start + Duration.FromDays(90), clock.Now());
        _demonstration.Clock.Advance(TimeSpan.FromHours(1));
        var restarted = new MovableClock(_demonstration.Data, _demonstration.Clock);
        Assert.Equal(start + Duration.FromDays(90) + Duration.FromHours(1), restarted.Now());
        Assert.Equal(Duration.FromDays(90), restarted.Offset);
    }

    [Fact]
    public void The_clock_is_refused_backwards_beyond_the_calendar_and_outside_a_demonstration()
    {
        var clock = new MovableClock(_demonstration.Data, _demonstration.Clock);
        Assert.Equal(ClockRefusals.Backwards, clock.MoveTo(clock.Now() - Duration.FromSeconds(1)).Refusal!.Code);
        Assert.Equal(ClockRefusals.TooFar, clock.MoveTo(Instant.FromUtc(2080, 1, 1, 0, 0)).Refusal!.Code);
        Assert.Equal(Duration.Zero, clock.Offset);

        var real = new MovableClock(_real.Data, _real.Clock);
        Assert.Equal(ClockRefusals.NotDemonstration, real.MoveBy(Duration.FromDays(1)).Refusal!.Code);
        Assert.Equal(_real.Clock.Now(), real.Now());
        File.WriteAllText(_real.Data.ClockFile, """{"offsetTicks":864000000000}""");
        Assert.Equal(_real.Clock.Now(), new MovableClock(_real.Data, _real.Clock).Now());
    }

    [Fact]
    public void The_clock_stands_still_while_the_machines_goes_back()
    {
        var clock = new MovableClock(_real.Data, _real.Clock);
        var before = clock.Now();
        _real.Clock.Advance(TimeSpan.FromMinutes(-5));
        Assert.Equal(before, clock.Now());
        _real.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(before + Duration.FromMinutes(1), clock.Now());
    }

    private string Refused(string path, FolderKind? kind) => Assert.Throws<CannotStartException>(() => DataFolder.Open(path, kind, _real.Clock)).Message;
}
