using static TorchSharp.torch;

namespace MLNet.Dispersion.Hub;

/// <summary>The weights of a checkpoint, be they in one file or in shards. Opening reads headers only.</summary>
internal sealed class CheckpointWeights
{
    internal const string SingleFile = "model.safetensors";
    internal const string IndexFile = "model.safetensors.index.json";

    private readonly CheckpointSource _source;
    private readonly IReadOnlyList<string> _files;

    private CheckpointWeights(CheckpointSource source, string mainFile, IReadOnlyList<string> files)
    {
        _source = source;
        MainFile = source.Describe(mainFile);
        _files = files;
    }

    /// <summary>The file to name when the weights as a whole are wrong.</summary>
    internal string MainFile { get; }

    /// <summary>Every tensor, with its file's plain name.</summary>
    internal List<(string Shard, SafetensorsEntry Entry)> Entries { get; } = [];

    /// <summary>A file's name for messages.</summary>
    internal string Describe(string shard) => _source.Describe(shard);

    internal static CheckpointWeights Open(CheckpointSource source)
    {
        if (source.Contains(SingleFile))
        {
            var single = new CheckpointWeights(source, SingleFile, [SingleFile]);
            single.ReadHeaders();
            return single;
        }

        if (!source.Contains(IndexFile))
        {
            throw new CheckpointException(source.Name, $"There are no weights: neither {SingleFile} nor {IndexFile}. Checkpoints in other formats, such as pytorch_model.bin, must be converted to safetensors first.");
        }

        var index = ShardIndex.Read(source);
        var sharded = new CheckpointWeights(source, IndexFile, index.Files);
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
                    throw new CheckpointException(reader.File, "Another shard holds it too. Write the checkpoint again.", Printable.Name(entry.Name));
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
