using System.IO.Enumeration;
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
    internal void Read(Func<string, Tensor?> targetOf) => ForEachFile((_, reader) =>
    {
        while (reader.MoveNext() is { } entry)
        {
            if (targetOf(entry.Name) is { } target)
            {
                reader.CopyTo(target);
            }
        }
    });

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
