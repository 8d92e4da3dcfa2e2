namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Something that is saved over and over, each time under a number that every part of it holds.</summary>
internal abstract class SaveKind
{
    /// <summary>Gets all kinds.</summary>
    internal static IReadOnlyList<SaveKind> All { get; } = [new NumberedSet(), new NumberedFile(), new NumberedDirectory(), new NumberedZip()];

    /// <summary>Gets what is saved, in a few words.</summary>
    internal abstract string Name { get; }

    /// <summary>The path of what is saved.</summary>
    internal abstract string PathIn(string place);

    /// <summary>Saves.</summary>
    internal abstract void Save(string place, int number);

    /// <summary>The number of the save that is there; 0 for none.</summary>
    /// <exception cref="InvalidDataException">What is there is of two saves, or half of one.</exception>
    /// <exception cref="ModelFileException">The library says so itself.</exception>
    internal abstract int Number(string place);

    /// <summary>Whether an exception says that what is there is not one whole save.</summary>
    internal static bool IsRefusal(Exception error) => error is InvalidDataException or FormatException || ModelFileException.Find(error) is not null;

    /// <summary>Saves over and over, from the number after that which is there.</summary>
    internal void SaveForever(string place)
    {
        for (int number = Number(place) + 1; ; number++)
        {
            Save(place, number);
        }
    }
}
