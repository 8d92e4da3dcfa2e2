namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Saves on a disk with less and less room.</summary>
internal static class FullDisk
{
    /// <summary>Tries each kind with so many amounts of room; 1 where anything was lost or left, or failed without a word.</summary>
    internal static int Run(int count, string place)
    {
        Console.WriteLine("| what is saved | amounts of room | told and left as it was | saved | lost or mixed | left behind |");
        Console.WriteLine("|---|---|---|---|---|---|");
        return Run(Saves.Set, count, place) + Run(Saves.File, count, place) == 0 ? 0 : 1;
    }

    private static int Run(string kind, int count, string place)
    {
        string filling = Path.Combine(place, "filling");
        int told = 0, saved = 0, bad = 0, left = 0;
        for (int i = 0; i < count; i++)
        {
            foreach (string entry in Directory.GetFileSystemEntries(place))
            {
                if (Directory.Exists(entry))
                {
                    Directory.Delete(entry, recursive: true);
                }
                else
                {
                    File.Delete(entry);
                }
            }

            // A set of three, to be replaced by one of two shards: 3 MB and a little.
            Saves.Save(place, kind, 1);
            long room = (long)(4_200_000.0 * i / count);
            using (FileStream stream = File.Create(filling))
            {
                stream.Write(new byte[Math.Max(0, new DriveInfo(place).AvailableFreeSpace - room)]);
            }

            try
            {
                Saves.Save(place, kind, 2);
                saved++;
                bad += Saves.Number(place, kind) == 2 ? 0 : 1;
            }
            catch (Exception e) when (e is Files.ModelFileException or IOException)
            {
                told++;
                bad += Found(place, kind) == 1 ? 0 : 1;
            }

            left += Directory.EnumerateFileSystemEntries(place, "*.partial-*", SearchOption.AllDirectories).Any() ? 1 : 0;
        }

        Console.WriteLine($"| {kind} | {count} | {told} | {saved} | {bad} | {left} |");
        return bad + left;
    }

    private static int Found(string place, string kind)
    {
        try
        {
            return Saves.Number(place, kind);
        }
        catch (InvalidDataException e)
        {
            Console.Error.WriteLine(e.Message);
            return -1;
        }
    }
}
