using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Texts;

public class FactTextTests
{
    public static readonly TheoryData<object> Values = [new LocalDate(2026, 11, 22), Instant.FromUtc(2026, 11, 22, 9, 30), new Money(65050), 7L, "a|b", ""];

    [Theory]
    [MemberData(nameof(Values))]
    public void What_was_stored_is_read_as_what_it_was(object value) => Assert.Equal(value, FactText.Read(FactText.Write(value)));

    [Fact]
    public void What_was_not_there_is_read_as_nothing() => Assert.Null(FactText.Read(FactText.Write(null)));
}
