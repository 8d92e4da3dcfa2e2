using System.IO.Compression;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Compares answers of tokenizers in the forms that the reference files have.</summary>
internal static class TokenizerAnswers
{
    /// <summary>Whether an error refuses a file or a text by name.</summary>
    public static bool Refuses(Exception error) => error is ModelFileException or NotSupportedException or TokenizationException;

    public static JsonElement Unzip(string path)
    {
        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<JsonElement>(file);
    }

    public static int[] Ids(JsonElement list) => list.Deserialize<int[]>()!;

    public static IEnumerable<int> Flat(IReadOnlyList<TextRange> offsets) => offsets.SelectMany(range => new[] { range.Start, range.End });

    public static void Same<T>(IEnumerable<T> expected, IEnumerable<T> actual, string what) =>
        Assert.True(expected.SequenceEqual(actual), $"{what}: expected [{string.Join(' ', expected)}], got [{string.Join(' ', actual)}]");

    public static void SameText(string expected, string actual, string what) =>
        Assert.True(expected == actual, $"{what}: expected {JsonSerializer.Serialize(expected)}, got {JsonSerializer.Serialize(actual)}");

    /// <summary>The reference refuses: so must we. Where it crashes instead, any clear error or answer is right.</summary>
    public static void ThrowsOrPanics(string message, Action use, string where)
    {
        if (message.StartsWith("PanicException", StringComparison.Ordinal))
        {
            try
            {
                use();
            }
            catch (Exception error) when (Refuses(error))
            {
            }

            return;
        }

        Exception? thrown = Record.Exception(use);
        Assert.True(thrown is not null && Refuses(thrown), $"{where}: the reference refuses ({message}), and {(thrown is null ? "nothing was thrown" : thrown.GetType().Name + " is no refusal")}");
    }

    /// <summary>Compares what a row of the reference holds.</summary>
    public static void SameRow(JsonElement expected, TextEncoding actual, string where)
    {
        foreach (JsonProperty field in expected.EnumerateObject())
        {
            string what = $"{field.Name} of {where}";
            switch (field.Name)
            {
                case "ids":
                    Same(Ids(field.Value), actual.Ids, what);
                    break;
                case "tokens":
                    Same(field.Value.Deserialize<string[]>()!, actual.Tokens, what);
                    break;
                case "type_ids":
                    Same(Numbers(field.Value, actual), actual.TypeIds, what);
                    break;
                case "special_mask":
                    Same(Numbers(field.Value, actual), actual.SpecialTokensMask.Select(flag => flag ? 1 : 0), what);
                    break;
                case "attention_mask":
                    Same(Numbers(field.Value, actual), actual.AttentionMask.Select(flag => flag ? 1 : 0), what);
                    break;
                case "offsets" when field.Value.ValueKind == JsonValueKind.Array:
                    Same(Ids(field.Value), Flat(actual.CodePointOffsets), what);
                    break;
                case "offsets_utf16" when field.Value.ValueKind == JsonValueKind.Array:
                    Same(Ids(field.Value), Flat(actual.Offsets), what);
                    break;
                case "sequence":
                    Same(Ids(field.Value), actual.SequenceIds.Select(id => id ?? -1), what);
                    break;
                case "word":
                    Same(Ids(field.Value), actual.WordIds.Select(id => id ?? -1), what);
                    break;
                case "overflowing":
                    Assert.True(field.Value.GetArrayLength() == actual.Overflowing.Count, $"{what}: expected {field.Value.GetArrayLength()} rows, got {actual.Overflowing.Count}");
                    foreach ((int i, JsonElement row) in field.Value.EnumerateArray().Index())
                    {
                        SameRow(row, actual.Overflowing[i], $"{what} {i}");
                    }

                    break;
                default:
                    break;
            }
        }
    }

    private static int[] Numbers(JsonElement value, TextEncoding actual) => value.ValueKind == JsonValueKind.Number ? new int[actual.Ids.Count] : Ids(value);
}

/// <summary>A source that holds one file alone.</summary>
internal sealed class FolderOfOneFile(string path) : FileSource
{
    public override string Name => path;

    public override bool Contains(string fileName) => fileName == Path.GetFileName(path);

    public override void Read(string fileName, Action<Stream> read)
    {
        using FileStream stream = File.OpenRead(path);
        read(stream);
    }
}
