using System.Text;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>A checkpoint whose files are held in memory.</summary>
internal sealed class MemorySource : FileSource
{
    private readonly Dictionary<string, byte[]> _files = [];

    public override string Name => "memory";

    public byte[] this[string fileName]
    {
        get => _files[fileName];
        set => _files[fileName] = value;
    }

    public static MemorySource Of(params (string Name, string Text)[] files)
    {
        var result = new MemorySource();
        foreach ((string name, string text) in files)
        {
            result[name] = Encoding.UTF8.GetBytes(text);
        }

        return result;
    }

    public override bool Contains(string fileName) => _files.ContainsKey(fileName);

    public override void Read(string fileName, Action<Stream> read)
    {
        using var stream = new MemoryStream(_files[fileName]);
        read(stream);
    }

    public IEnumerable<string> Files => _files.Keys;

    public string Text(string fileName) => Encoding.UTF8.GetString(_files[fileName]);

    /// <summary>A sink that writes into this checkpoint.</summary>
    public FileSink Sink() => new MemorySink(this);

    private sealed class MemorySink(MemorySource target) : FileSink
    {
        public override void Write(string fileName, Action<Stream> write)
        {
            using var stream = new MemoryStream();
            write(stream);
            target[fileName] = stream.ToArray();
        }
    }
}
