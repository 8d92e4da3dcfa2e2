using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>SHA-256 of files, token sequences and weights.</summary>
internal static class Hashing
{
    private const int BufferSize = 1 << 20;

    /// <summary>Reads a stream to its end.</summary>
    internal static CheckpointFile Describe(string name, Stream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferSize];
        long length = 0;
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            hash.AppendData(buffer, 0, read);
            length += read;
        }

        return new CheckpointFile(name, length, Text(hash));
    }

    /// <summary>Rows in their order, with their targets.</summary>
    internal static string Of(TrainingRows rows, TrainingObjective objective)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int row = 0; row < rows.Count; row++)
        {
            IReadOnlyList<int[]> sequences = rows.SequencesOf(row);
            foreach (int[] tokens in sequences)
            {
                hash.AppendData(BitConverter.GetBytes(tokens.Length));
            }

            hash.AppendData(objective.TargetBytes(row));
            if (objective.RowWeights is { } weights)
            {
                hash.AppendData(BitConverter.GetBytes(weights[row]));
            }

            foreach (int[] tokens in sequences)
            {
                hash.AppendData(MemoryMarshal.AsBytes(tokens.AsSpan()));
            }
        }

        return Text(hash);
    }

    /// <summary>Names, shapes, types and values.</summary>
    internal static string Of(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, tensor) in tensors)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{name} {tensor.dtype} {Printable.Shape(tensor.shape)}\n"));
            TensorBytes.Drain(tensor, tensor.dtype, name, bytes => hash.AppendData(bytes));
        }

        return Text(hash);
    }

    /// <summary>Texts in their order.</summary>
    internal static string Of(IEnumerable<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string text in texts)
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return Text(hash);
    }

    /// <summary>What has been hashed so far.</summary>
    internal static string Text(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());
}
