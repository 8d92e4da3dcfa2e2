using System.Text.Json;

namespace MLNet.Dispersion.Text;

/// <summary>Reads fields of a tokenizer.json the way the reference does: what it needs must be there, and null is no value.</summary>
internal static class JsonReading
{
    /// <summary>The type of a component.</summary>
    internal static string TypeOf(JsonField component) => component.Get("type").AsString();

    /// <summary>A truth value that must be there.</summary>
    internal static bool Flag(this JsonField component, string name) => component.Get(name).AsBoolean();

    /// <summary>A truth value that may be absent, not null.</summary>
    internal static bool FlagOr(this JsonField component, string name, bool otherwise) => component.FindOrNull(name)?.AsBoolean() ?? otherwise;

    /// <summary>A text that must be there.</summary>
    internal static string Text(this JsonField component, string name) => component.Get(name).AsString();

    /// <summary>A text that may be absent or null.</summary>
    internal static string? TextOrNull(this JsonField component, string name) => component.Find(name)?.AsString();

    /// <summary>A whole number that must be there.</summary>
    internal static int Number(this JsonField component, string name) => component.Get(name).AsIndex(int.MaxValue, name);

    /// <summary>One code point.</summary>
    internal static string Character(this JsonField component, string name)
    {
        JsonField field = component.Get(name);
        string text = field.AsString();
        return text.Length > 0 && CodePoints.LengthAt(text, 0) == text.Length ? text : throw field.Fail("it must be one character");
    }

    /// <summary>What is read of each entry of a list.</summary>
    internal static List<T> Each<T>(this JsonField list, Func<JsonField, T> read)
    {
        var all = new List<T>();
        foreach (JsonField item in list.Items())
        {
            all.Add(read(item));
        }

        return all;
    }

    /// <summary>One of several words.</summary>
    internal static T Choice<T>(this JsonField field)
        where T : struct, Enum
    {
        string text = field.AsString();
        return Enum.GetNames<T>().Contains(text, StringComparer.Ordinal) ? Enum.Parse<T>(text) : throw field.Fail($"it must be one of {string.Join(", ", Enum.GetNames<T>())}, and is {Printable.Name(text)}");
    }

    /// <summary>A pattern: <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
    internal static TextPattern Pattern(this JsonField component, string name)
    {
        JsonField field = component.Get(name);
        if (field.IsObject && field.Members().Count() == 1)
        {
            (string kind, JsonField value) = field.Members().Single();
            if (kind == "String")
            {
                return TextPattern.Literal(value.AsString());
            }

            if (kind == "Regex")
            {
                return Parse(value);
            }
        }

        throw field.Fail("a pattern must be {\"String\": …} or {\"Regex\": …}");
    }

    /// <summary>A pair of a token and its id, written as a list.</summary>
    internal static (string Text, int Id) TokenPair(this JsonField component, string name)
    {
        JsonField[] parts = [.. component.Get(name).Items()];
        return parts.Length == 2 ? (parts[0].AsString(), parts[1].AsTokenId()) : throw component.Get(name).Fail("it must be a list of a token and its id");
    }

    /// <summary>Whether a value is a whole object or JSON's null; anything else is refused.</summary>
    internal static JsonField? Component(this JsonField root, string name) => root.Find(name) is not { } field ? null : field.IsObject ? field : throw field.Fail("it must be an object or null");

    /// <summary>Whether a value is a number.</summary>
    internal static bool IsNumber(this JsonField field) => field.Kind == JsonValueKind.Number;

    private static TextPattern Parse(JsonField value)
    {
        try
        {
            return TextPattern.Parse(value.AsString());
        }
        catch (PatternSyntaxException e)
        {
            throw value.Fail($"its pattern cannot be read: {e.Message}", e);
        }
    }
}
