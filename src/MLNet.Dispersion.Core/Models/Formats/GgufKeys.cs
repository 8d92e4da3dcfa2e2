using System.Globalization;

namespace MLNet.Dispersion.Models;

/// <summary>Looks up the metadata of a GGUF file, and notes what was looked at: what a file says of its architecture and nobody asked for is refused.</summary>
/// <param name="file">What to call the file in messages.</param>
/// <param name="values">The metadata.</param>
internal sealed class GgufKeys(string file, IReadOnlyDictionary<string, GgufValue> values)
{
    private const string Architecture = "general.architecture";
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>The name of the architecture, with which its keys begin.</summary>
    /// <exception cref="ModelFileException">It is missing or no text.</exception>
    internal string Name => field ??= Text(Architecture) ?? throw Missing(Architecture);

    /// <summary>A whole number, or null where the key is not there.</summary>
    internal int? Whole(string key) => Find(key) switch
    {
        null => null,
        { IsArray: false, Value: long number and >= int.MinValue and <= int.MaxValue } => (int)number,
        var other => throw Wrong(key, other, "a whole number"),
    };

    /// <summary>A whole number above 0.</summary>
    internal int Size(string key) => Whole(key) is { } size ? size > 0 ? size : throw Wrong(key, Find(key)!, "above 0") : throw Missing(key);

    /// <summary>A number, or null where the key is not there; as short as its float32 can be written.</summary>
    internal double? Number(string key) => Find(key) switch
    {
        null => null,
        { IsArray: false, Value: double number } when double.IsFinite(number) => double.Parse(((float)number).ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        { IsArray: false, Value: long number } => number,
        var other => throw Wrong(key, other, "a finite number"),
    };

    /// <summary>A number that must be there.</summary>
    internal double NeededNumber(string key) => Number(key) ?? throw Missing(key);

    /// <summary>A truth value, or null where the key is not there.</summary>
    internal bool? Flag(string key) => Find(key) switch
    {
        null => null,
        { IsArray: false, Value: bool flag } => flag,
        var other => throw Wrong(key, other, "true or false"),
    };

    /// <summary>A text, or null where the key is not there.</summary>
    internal string? Text(string key) => Find(key) switch
    {
        null => null,
        { IsArray: false, Value: string text } => text,
        var other => throw Wrong(key, other, "a text"),
    };

    /// <summary>The texts of all keys that begin so, by what follows, in file order.</summary>
    internal IEnumerable<(string Name, string Text)> TextsBehind(string beginning) =>
        values.Keys.Where(key => key.StartsWith(beginning, StringComparison.Ordinal) && key.Length > beginning.Length).Select(key => (key[beginning.Length..], Text(key)!));

    /// <summary>Texts, or null where the key is not there.</summary>
    internal string[]? Texts(string key) => Find(key) switch
    {
        null => null,
        { IsArray: true, Value: string[] texts } => texts,

        // An empty list may be of any type.
        { IsArray: true, Value: Array { Length: 0 } } => [],
        var other => throw Wrong(key, other, "a list of texts"),
    };

    /// <summary>Numbers, or null where the key is not there.</summary>
    internal double[]? Numbers(string key) => Find(key) switch
    {
        null => null,
        { IsArray: true, Value: Array { Length: 0 } } => [],
        { IsArray: true, Value: Array list and not (string[] or bool[]) } => [.. list.Cast<object>().Select(item => Convert.ToDouble(item, CultureInfo.InvariantCulture))],
        var other => throw Wrong(key, other, "a list of numbers"),
    };

    /// <summary>The same key of the architecture: behind its name and a point.</summary>
    internal string Own(string key) => $"{Name}.{key}";

    /// <summary>Refuses what the file says of its architecture and nobody asked for.</summary>
    /// <exception cref="ModelFileException">There is such a key.</exception>
    internal void RefuseRest()
    {
        if (values.Keys.FirstOrDefault(key => key.StartsWith(Name + ".", StringComparison.Ordinal) && !_asked.Contains(key)) is { } unknown)
        {
            throw new ModelFileException(file, $"It says {Printable.Name(unknown)} = {Shown(values[unknown])}, which is not supported for the architecture {Printable.Name(Name)}. Load the model from its directory in Hugging Face's format.");
        }
    }

    internal ModelFileException Refused(string problem, string tensor) => new(file, problem, tensor);

    internal ModelFileException Missing(string key) => new(file, $"The key {Printable.Name(key)} is missing. The file holds no model that can be loaded, or is damaged: convert it again.");

    internal ModelFileException Wrong(string key, string rule) => Wrong(key, Find(key)!, rule);

    private GgufValue? Find(string key)
    {
        _asked.Add(key);
        return values.GetValueOrDefault(key);
    }

    private ModelFileException Wrong(string key, GgufValue value, string rule) => new(file, $"The key {Printable.Name(key)} is {Shown(value)}; it must be {rule}.");

    private static string Shown(GgufValue value) => value.IsArray ? "a list" : Printable.Name(Convert.ToString(value.Value, CultureInfo.InvariantCulture) ?? "");
}
