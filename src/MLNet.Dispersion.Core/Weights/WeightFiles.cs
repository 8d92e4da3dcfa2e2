using System.Diagnostics.CodeAnalysis;
using System.IO.Enumeration;
using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The weights of a checkpoint, be they in one file or in shards. Opening reads headers only.</summary>
internal sealed class WeightFiles
{
    internal const string SingleFile = "model.safetensors";
    internal const string IndexFile = "model.safetensors.index.json";

    private readonly FileSource _source;
    private readonly IReadOnlyList<string> _files;

    private WeightFiles(FileSource source, string mainFile, IReadOnlyList<string> files)
    {
        _source = source;
        MainFile = source.Describe(mainFile);
        _files = files;
    }

    /// <summary>Whether a file's plain name is one of those that weights are saved under. Left over, a single file would be read in place of newer shards, and older shards would only take room.</summary>
    internal static bool IsOne(string fileName) =>
        fileName is SingleFile or IndexFile || FileSystemName.MatchesSimpleExpression("model-*-of-*.safetensors", fileName, ignoreCase: false);

    /// <summary>The file to name when the weights as a whole are wrong.</summary>
    internal string MainFile { get; }

    /// <summary>Every tensor, with its file's plain name.</summary>
    internal List<(string Shard, SafetensorsEntry Entry)> Entries { get; } = [];

    /// <summary>A file's name for messages.</summary>
    internal string Describe(string shard) => _source.Describe(shard);

    internal static WeightFiles Open(FileSource source)
    {
        if (source.Contains(SingleFile))
        {
            var single = new WeightFiles(source, SingleFile, [SingleFile]);
            single.ReadHeaders();
            return single;
        }

        if (!source.Contains(IndexFile))
        {
            throw new ModelFileException(source.Name, $"There are no weights: neither {SingleFile} nor {IndexFile}. Checkpoints in other formats, such as pytorch_model.bin, must be converted to safetensors first.");
        }

        var index = ShardIndex.Read(source);
        var sharded = new WeightFiles(source, IndexFile, index.Files);
        sharded.ReadHeaders();
        index.Check(sharded.Entries.Select(e => (e.Shard, e.Entry.Name)));
        return sharded;
    }

    /// <summary>Reads the values of every tensor for which <paramref name="targetOf"/> gives a target.</summary>
    /// <exception cref="ModelFileException">A file is truncated, or a value is no number or infinite.</exception>
    internal void Read(Func<string, Tensor?> targetOf) => ForEachFile((_, reader) =>
    {
        while (reader.MoveNext() is { } entry)
        {
            if (targetOf(entry.Name) is { } target)
            {
                reader.CopyTo(target);
                FiniteWeights.Require(target, reader.File, entry.Name);
            }
        }
    });

    /// <summary>Compares weights that lie in several files with what one save wrote, where the directory says so: all of them may be others', but not some. Where the index is another, others wrote the weights, and equal shards say nothing.</summary>
    /// <exception cref="ModelFileException">They are of two models.</exception>
    internal void RefuseMixture()
    {
        if (_files.Count < 2 || SavedManifest.Find(_source) is not { } saved || !IsSaved(saved, IndexFile))
        {
            return;
        }

        ILookup<bool, string> shards = _files.ToLookup(file => IsSaved(saved, file));
        if (shards[true].Any() && shards[false].Any())
        {
            throw new ModelFileException(
                MainFile,
                $"The weights are of two models: {Printable.FirstTen([.. shards[false]])} changed since {Printable.FirstTen([.. shards[true]])} were saved. Save the model again, or fetch all of its files again. Where the change is meant, delete {SavedManifest.FileName}.");
        }
    }

    private bool IsSaved(SavedManifest saved, string file)
    {
        bool same = false;
        _source.Read(file, stream =>
        {
            using var hashing = new HashingStream(stream);
            hashing.CopyTo(Stream.Null);
            same = saved.Knows(file, hashing.Position, hashing.TakeHash());
        });
        return same;
    }

    private void ReadHeaders()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        ForEachFile((shard, reader) =>
        {
            foreach (var entry in reader.Entries)
            {
                if (!names.Add(entry.Name))
                {
                    throw new ModelFileException(reader.File, "Another shard holds it too. Write the checkpoint again.", Printable.Name(entry.Name));
                }

                Entries.Add((shard, entry));
            }
        });
    }

    private void ForEachFile(Action<string, SafetensorsReader> read)
    {
        foreach (string file in _files)
        {
            _source.Read(file, stream => read(file, new SafetensorsReader(stream, _source.Describe(file))));
        }
    }
}

/// <summary>The index of a sharded checkpoint: which tensor lies in which file.</summary>
internal sealed class ShardIndex
{
    private const string Cure = "Fetch or write the checkpoint again.";
    private readonly string _file;
    private readonly Dictionary<string, string> _shardOf = new(StringComparer.Ordinal);

    private ShardIndex(string file) => _file = file;

    /// <summary>The shards, sorted.</summary>
    internal IReadOnlyList<string> Files => [.. _shardOf.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    internal static ShardIndex Read(FileSource source)
    {
        var index = new ShardIndex(source.Describe(WeightFiles.IndexFile));
        index.ReadMap(JsonField.Read(source, WeightFiles.IndexFile, allowDuplicates: false).Get("weight_map"));
        foreach (string shard in index.Files.Where(shard => !source.Contains(shard)))
        {
            throw new ModelFileException(source.Describe(Printable.Name(shard)), $"The index names this shard, but there is no such file. {Cure}");
        }

        return index;
    }

    /// <summary>Holds the index against what the shards really hold.</summary>
    internal void Check(IEnumerable<(string Shard, string Tensor)> found)
    {
        var missing = new Dictionary<string, string>(_shardOf, StringComparer.Ordinal);
        foreach (var (shard, tensor) in found)
        {
            if (!missing.Remove(tensor, out string? expected) || expected != shard)
            {
                throw new ModelFileException(_file, $"It lies in {shard}, where the index does not expect it. {Cure}", Printable.Name(tensor));
            }
        }

        if (missing.Count > 0)
        {
            throw new ModelFileException(_file, $"{missing.Count} of its tensors are not in the shards it names: {Printable.FirstTen(missing.Keys)}. {Cure}");
        }
    }

    private void ReadMap(JsonField map)
    {
        foreach ((string tensor, JsonField file) in map.Members())
        {
            string? shard = file.Kind == JsonValueKind.String ? file.AsString() : null;
            if (!IsPlainFileName(shard))
            {
                throw new ModelFileException(_file, $"The index must name one file without a folder for it. {Cure}", Printable.Name(tensor));
            }

            _shardOf.Add(tensor, shard);
        }

        if (_shardOf.Count == 0)
        {
            throw new ModelFileException(_file, $"It names no tensors. {Cure}");
        }
    }

    private static bool IsPlainFileName([NotNullWhen(true)] string? name) =>
        !string.IsNullOrWhiteSpace(name) && name.IndexOfAny(['/', '\\', ':', '\0']) < 0 && name is not ("." or "..");
}
