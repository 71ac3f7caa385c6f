using System.Collections.Concurrent;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;

namespace Muqeem.Sandbox.Pictures;

/// <summary>Portraits and passport pages, drawn when first asked for; the last few hundred are kept.</summary>
public sealed class Album(World world)
{
    private const int Kept = 400;

    private readonly ConcurrentDictionary<(int Index, bool Passport), byte[]> _pictures = new();

    /// <summary>PNG.</summary>
    public byte[] Portrait(int index) => Get(index, passport: false);

    /// <summary>JPEG of the page that the person has in hand.</summary>
    public byte[] Passport(int index) => Get(index, passport: true);

    internal static Canvas Face(People people, int index)
    {
        var person = people.At(index);
        var dice = people.DiceOf(index);
        return Pictures.Portrait.Draw(Look.Of(person, people.Origin, dice), dice.Bits(Topic.Look, 400));
    }

    private byte[] Get(int index, bool passport)
    {
        if (_pictures.TryGetValue((index, passport), out var picture))
        {
            return picture;
        }
        if (_pictures.Count > Kept)
        {
            _pictures.Clear();
        }
        var face = Face(world.People, index);
        picture = passport
            ? Jpeg.Encode(PassportImage.Draw(world.People.InHandOf(world.People.At(index)).Passport, face, world.People.DiceOf(index)))
            : Png.Encode(face);
        _pictures[(index, passport)] = picture;
        return picture;
    }
}
