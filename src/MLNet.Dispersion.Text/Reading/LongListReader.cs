using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Text;

/// <summary>Reads the long lists of tokenizer files from their bytes, which are known to be JSON.</summary>
internal static class LongListReader
{
    /// <summary>Pieces with their ids: <c>{"piece": id}</c>, each piece once.</summary>
    /// <param name="json">The object.</param>
    /// <param name="place">Where it stands, for messages.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static Vocabulary Pieces(ReadOnlySpan<byte> json, JsonField place)
    {
        var builder = new VocabularyBuilder();
        var reader = new ListReader(json, place);
        reader.Enter(JsonTokenType.StartObject, "it must be an object, written in braces");
        while (reader.Next(JsonTokenType.EndObject))
        {
            ReadOnlySpan<char> piece = reader.Text(0, "a piece");
            reader.Next(JsonTokenType.EndObject);
            int id = reader.Id();
            if (id < 0)
            {
                throw place.Fail($"the id of the piece \"{Printable.Name(piece.ToString())}\" must be a whole number from 0 to {TokenId.Largest}, and {reader.Excerpt()} is none");
            }

            if (!builder.Add(piece, id))
            {
                throw place.Fail($"the vocabulary holds the piece \"{Printable.Name(piece.ToString())}\" twice");
            }
        }

        return builder.Build();
    }

    /// <summary>Pieces with their scores: <c>[["piece", score]]</c>, the id of each its place.</summary>
    /// <param name="json">The list.</param>
    /// <param name="place">Where it stands, for messages.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (Vocabulary Pieces, double[] Scores) ScoredPieces(ReadOnlySpan<byte> json, JsonField place)
    {
        var builder = new VocabularyBuilder();
        var scores = new List<double>();
        var reader = new ListReader(json, place);
        reader.Enter(JsonTokenType.StartArray, "it must be a list, written in brackets");
        while (reader.Next(JsonTokenType.EndArray))
        {
            bool isPair = reader.Is(JsonTokenType.StartArray) && reader.Next(JsonTokenType.EndArray) && reader.Is(JsonTokenType.String);
            ReadOnlySpan<char> piece = isPair ? reader.Text(0, "a piece") : default;
            isPair &= reader.Next(JsonTokenType.EndArray);
            double score = isPair ? reader.Score() : double.NaN;
            if (!double.IsFinite(score) || reader.Next(JsonTokenType.EndArray))
            {
                throw place.Fail($"piece {scores.Count} must be a list of its text and its score, a finite number");
            }

            builder.Add(piece, scores.Count);
            scores.Add(score);
        }

        return (builder.Build(), [.. scores]);
    }

    /// <summary>Pairs that are merged, the most urgent first: all written <c>"a b"</c>, or all <c>["a", "b"]</c>.</summary>
    /// <param name="json">The list.</param>
    /// <param name="place">Where it stands, for messages.</param>
    /// <param name="merges">Takes them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Merges(ReadOnlySpan<byte> json, JsonField place, MergeTableBuilder merges)
    {
        JsonTokenType kind = JsonTokenType.None;
        var reader = new ListReader(json, place);
        reader.Enter(JsonTokenType.StartArray, "it must be a list, written in brackets");
        while (reader.Next(JsonTokenType.EndArray))
        {
            JsonTokenType found = reader.Is(JsonTokenType.StartArray) ? JsonTokenType.StartArray : JsonTokenType.String;
            if (kind != JsonTokenType.None && found != kind)
            {
                throw place.Fail("some merges are lists and some are texts");
            }

            kind = found;
            if (kind == JsonTokenType.StartArray)
            {
                bool isPair = reader.Next(JsonTokenType.EndArray);
                ReadOnlySpan<char> left = isPair ? reader.Text(0, "a piece") : default;
                isPair = isPair && reader.Next(JsonTokenType.EndArray);
                ReadOnlySpan<char> right = isPair ? reader.Text(1, "a piece") : default;
                if (!isPair || reader.Next(JsonTokenType.EndArray))
                {
                    throw place.Fail($"merge {merges.Count} must have two pieces");
                }

                merges.Add(left, right);
                continue;
            }

            ReadOnlySpan<char> line = reader.Text(0, "a merge");
            if (line.StartsWith("#version"))
            {
                continue;
            }

            int blank = line.IndexOf(' ');
            if (blank < 0 || line[(blank + 1)..].Contains(' '))
            {
                throw place.Fail($"merge {merges.Count} must be two pieces with one blank between them");
            }

            merges.Add(line[..blank], line[(blank + 1)..]);
        }
    }
}

/// <summary>Steps through the values of a list. For one thread.</summary>
internal ref struct ListReader(ReadOnlySpan<byte> json, JsonField place)
{
    private readonly JsonField _place = place;
    private readonly bool _isAbsent = json.IsEmpty;
    private Utf8JsonReader _reader = new(json);
    private char[] _first = new char[256];
    private char[] _second = new char[256];

    /// <summary>Goes in.</summary>
    internal void Enter(JsonTokenType kind, string otherwise)
    {
        if (_isAbsent || !_reader.Read() || _reader.TokenType != kind)
        {
            throw _place.Fail(otherwise);
        }
    }

    /// <summary>Goes to the next value; false where the end comes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Next(JsonTokenType end) => _reader.Read() && _reader.TokenType != end;

    internal readonly bool Is(JsonTokenType kind) => _reader.TokenType == kind;

    /// <summary>The text of a value or a name, in one of two places that are written anew each time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal ReadOnlySpan<char> Text(int buffer, string what)
    {
        if (_reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            throw _place.Fail($"{what} in it is no text");
        }

        ref char[] units = ref buffer == 0 ? ref _first : ref _second;
        if (units.Length < _reader.ValueSpan.Length)
        {
            units = new char[2 * _reader.ValueSpan.Length];
        }

        try
        {
            return units.AsSpan(0, _reader.CopyString(units));
        }
        catch (InvalidOperationException e)
        {
            throw _place.Fail($"{what} in it is no valid Unicode text, which JSON must be", e);
        }
    }

    /// <summary>The value as it is written, shortened, for messages.</summary>
    internal readonly string Excerpt() => Printable.Name(Encoding.UTF8.GetString(_reader.ValueSpan[..Math.Min(60, _reader.ValueSpan.Length)]));

    /// <summary>A token id, or -1.</summary>
    internal readonly int Id() => _reader.TokenType == JsonTokenType.Number && _reader.TryGetInt32(out int id) && id is >= 0 and <= TokenId.Largest ? id : -1;

    /// <summary>A number, or not a number.</summary>
    internal readonly double Score() => _reader.TokenType == JsonTokenType.Number && _reader.TryGetDouble(out double score) ? score : double.NaN;
}
